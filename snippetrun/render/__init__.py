"""Recording -> HTML: the stage that puts what really came out onto the page. Its door is `html`."""
