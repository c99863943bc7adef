/* A control under each block that plays it as it happened, by the moments in `data-play` (snippetrun/render/play.py).
 *
 * What is played is the block's own text in its own colours, so it ends with what the block shows. The player, which is
 * asciinema-player, is loaded when a control is used for the first time; it lies beside this script. */
(() => {
  "use strict";

  const here = document.currentScript.src;
  const PAUSE = 2; // seconds: what is longer is shortened to that
  const KEY = 0.07; // seconds for a letter that is typed
  const LINE = 2.5; // for a whole line, at most
  const MOST_ROWS = 500;
  const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  let loading;
  const load = () =>
    (loading ??= Promise.all([
      added("link", { rel: "stylesheet", href: new URL("asciinema-player.css", here).href }),
      added("script", { src: new URL("asciinema-player.js", here).href }),
    ]));

  const added = (name, properties) =>
    new Promise((resolve, reject) => {
      const element = Object.assign(document.createElement(name), properties);
      element.onload = resolve;
      element.onerror = () => reject(new Error(`cannot be loaded: ${element.src || element.href}`));
      document.head.append(element);
    });

  /** Red, green, blue and how opaque: of `rgb(54, 70, 78)`, `rgba(0, 0, 0, 0.5)`, `color(srgb 0.2 0.3 0.4 / 0.5)`. */
  const channels = (colour) => {
    const [red, green, blue, alpha = 1] = (colour.replace("srgb", "").match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    const scale = colour.startsWith("color") ? 255 : 1;
    return [red * scale, green * scale, blue * scale, alpha];
  };

  /** The colour that is seen where one lies on another. */
  const seen = (colour, under) => {
    const [below, [alpha, ...above]] = [channels(under), channels(colour).reverse()];
    return above.reverse().map((value, index) => Math.round(value * alpha + below[index] * (1 - alpha)));
  };

  /** The control sequence for how an element looks: colours as they are computed, whatever has made them. */
  const worn = (element, code) => {
    const style = getComputedStyle(element);
    const base = getComputedStyle(code);
    const own = style.backgroundColor !== base.backgroundColor && channels(style.backgroundColor)[3] > 0.5;
    const back = own ? seen(style.backgroundColor, base.backgroundColor).join(";") : "";
    const colour = seen(style.color, own ? style.backgroundColor : base.backgroundColor).join(";");
    const usual = seen(base.color, base.backgroundColor).join(";");
    const codes = [
      style.fontWeight >= 600 && "1",
      style.fontStyle === "italic" && "3",
      style.textDecorationLine.includes("underline") && "4",
      style.textDecorationLine.includes("line-through") && "9",
      colour !== usual && `38;2;${colour}`,
      back && `48;2;${back}`,
    ].filter(Boolean);
    return codes.length ? `\x1b[${codes.join(";")}m` : "";
  };

  /** What an element shows, letter by letter, each with its looks and whether it was typed. */
  const letters = (element, code) => {
    const all = [];
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      const looks = worn(parent, code);
      const typed = !!parent.closest(".sr-typed, .sr-key, .sr-command") && !parent.closest(".sr-prompt");
      for (const letter of walker.currentNode.data) all.push({ letter, looks, typed });
    }
    return all;
  };

  const spelt = (all) =>
    all.map(({ letter, looks }) => (letter === "\n" ? "\r\n" : looks ? `${looks}${letter}\x1b[0m` : letter)).join("");

  const plain = (all) => all.map(({ letter }) => letter).join("");

  /** The events of a block: what its terminal showed, and when; and the texts that stand there at once. */
  const events = (block) => {
    const code = block.querySelector("pre > code");
    const timings = JSON.parse(code.dataset.play);
    const list = [];
    let clock = 0;
    let above = ""; // what is shown of the steps before, and is not drawn over
    let text = "";
    const texts = []; // what stands there at once, to see how much room it needs
    const show = (shown) => list.push([clock, "o", shown]);
    const type = (all) => {
      const pause = calm.matches ? 0 : Math.min(KEY, LINE / all.filter(({ typed }) => typed).length);
      let last = false;
      for (const one of all) {
        if (one.typed && !last) clock += calm.matches ? 0 : 0.4; // a person has to read the prompt
        if (one.typed) clock += pause;
        last = one.typed;
        show(spelt([one]));
      }
    };
    const step = (element, timing) => {
      const command = element.querySelector(":scope > .sr-command");
      const output = element.querySelector(":scope > .sr-output");
      const marks = [...element.querySelectorAll(":scope > .sr-mark")];
      const typed = command ? [...letters(command, code), { letter: "\n", looks: "" }] : [];
      type(typed);
      above += spelt(typed);
      const all = output ? letters(output, code) : [];
      const [seconds, moments] = timing ?? [0, []];
      let [at, shown, drawn] = [0, 0, ""];
      for (const [when, count, over = ""] of [...moments.slice(0, -1), [moments.at(-1)?.[0] ?? 0, all.length]]) {
        clock += Math.max(0, when - at);
        if (drawn || over || count < shown) {
          const lines = over.replace(/\n$/, ""); // the next moment draws all of it again
          show(`\x1b[m\x1b[H\x1b[2J${above}${spelt(all.slice(0, count))}${lines.replaceAll("\n", "\r\n")}`);
          texts.push(text + plain(typed) + plain(all.slice(0, count)) + lines.replace(/\x1b\[[\d;]*m/g, ""));
        } else type(all.slice(shown, count));
        [at, shown, drawn] = [when, count, over];
      }
      clock += Math.max(0, seconds - at);
      const rest = marks.map((mark) => `${spelt(letters(mark, code))}\r\n`).join("");
      if (rest) show(rest);
      above += spelt(all) + rest;
      text += plain(typed) + plain(all) + marks.map((mark) => `${mark.textContent}\n`).join("");
    };
    let number = 0;
    for (const element of code.children) {
      step(element, element.classList.contains("sr-late") ? null : timings[number++]);
    }
    const last = list.findLast(([, , shown]) => shown);
    if (last) last[2] = last[2].replace(/\r\n$/, "");
    list.push([clock + 0.1, "o", ""]);
    return [list, [...texts, text].map((whole) => whole.replace(/\n$/, ""))];
  };

  /** How many columns and rows texts take: as wide as their block, and what stands in columns is not wrapped. */
  const size = (block, texts) => {
    const code = block.querySelector("pre > code");
    const canvas = document.createElement("canvas").getContext("2d");
    const { fontSize, fontFamily } = getComputedStyle(code);
    canvas.font = `${fontSize} ${fontFamily}`;
    const room = Math.floor((code.clientWidth - 2.4 * parseFloat(fontSize)) / canvas.measureText("0").width);
    const cells = (line) => [...line].reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : 1), 0);
    const tables = [...code.querySelectorAll(".sr-table")].flatMap((table) => table.textContent.split("\n"));
    const cols = Math.max(10, room, ...tables.map(cells));
    const rows = (text) => text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(cells(line) / cols)), 0);
    return [cols, Math.min(Math.max(...texts.map(rows)), MOST_ROWS), fontSize, fontFamily];
  };

  /** Give the player the colours of a block, as hexadecimal digits, which are all that it knows. */
  const colour = (place, code) => {
    const probe = code.appendChild(document.createElement("i"));
    for (const name of ["text", "back", ...Array(16).keys()]) {
      probe.style.color = `var(--sr-${name})`;
      const digits = seen(getComputedStyle(probe).color, getComputedStyle(code).backgroundColor);
      place.style.setProperty(`--sr-play-${name}`, `#${digits.map((v) => v.toString(16).padStart(2, "0")).join("")}`);
    }
    probe.remove();
  };

  const labelled = (button, playing) => {
    button.textContent = playing ? "\u25a0 Text" : "\u25b6 Play";
    button.setAttribute("aria-label", playing ? "Text: end the play" : "Play this as it happened");
  };

  const playing = new Map(); // from a block to what ends its play

  const play = async (block, button, note) => {
    let ended = false;
    let player;
    const place = Object.assign(document.createElement("div"), { className: "sr-player" });
    place.setAttribute("role", "region");
    place.setAttribute("aria-label", "The commands as they happened");
    playing.set(block, () => {
      ended = true;
      player?.dispose();
      place.remove();
      playing.delete(block);
      block.classList.remove("sr-playing");
      note.textContent = "";
      labelled(button, false);
    });
    labelled(button, true);
    try {
      await load();
    } catch (error) {
      playing.get(block)?.();
      note.textContent = `The player ${error.message}`;
      return;
    }
    if (ended) return;
    const [list, texts] = events(block);
    const [cols, rows, terminalFontSize, terminalFontFamily] = size(block, texts);
    const header = { version: 2, width: cols, height: rows };
    colour(place, block.querySelector("pre > code"));
    block.querySelector("pre").before(place);
    block.classList.add("sr-playing");
    note.textContent = `pauses over ${PAUSE} s are shortened`;
    const source = { data: [header, ...list].map((line) => JSON.stringify(line)).join("\n") };
    player = AsciinemaPlayer.create(source, place, {
      cols,
      rows,
      terminalFontSize,
      terminalFontFamily,
      autoPlay: true,
      controls: false,
      cursorMode: calm.matches ? "steady" : "blinking",
      fit: false,
      idleTimeLimit: PAUSE,
    });
    player.addEventListener("ended", () => place.setAttribute("data-ended", ""));
  };

  const prepare = () => {
    for (const [block, end] of [...playing]) if (!block.isConnected) end();
    for (const block of document.querySelectorAll(".snippetrun:not(.sr-playable):has(> pre > code[data-play])")) {
      block.classList.add("sr-playable");
      const button = Object.assign(document.createElement("button"), { className: "sr-play", type: "button" });
      const note = Object.assign(document.createElement("span"), { className: "sr-play-note" });
      note.setAttribute("role", "status");
      const bar = Object.assign(document.createElement("div"), { className: "sr-play-bar" });
      bar.append(button, note);
      bar.setAttribute("data-search-exclude", "");
      block.append(bar);
      labelled(button, false);
      button.addEventListener("click", () => (playing.get(block) ?? (() => play(block, button, note)))());
    }
  };

  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") for (const end of [...playing.values()]) end();
  });
  if (window.document$) document$.subscribe(prepare); // Material, also where it changes pages without loading them
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", prepare);
  else prepare();
})();
