"""How far a command has got in the shell's grammar: what it still waits for, and which programs it names.

This is the part of the POSIX shell language, and of bash, that decides where a command ends: quoting,
substitutions, heredocs, compound commands and the operators that want something on their right
(https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html). It judges nothing else: what a
shell would reject passes here, and is reported by the shell that runs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from snippetrun.extract.shell_grammar import (
    ARGUMENTS,
    ASSIGNMENT,
    BEFORE_COMMAND,
    DASHES,
    DOCKER,
    INSIDE,
    OPENERS,
    OPERATOR,
    PLAIN,
    QUOTES,
    STANDS_FOR,
    STRINGS,
    WAITS_FOR,
    WANTS_MORE,
    WRAPPERS,
    Expect,
    Frame,
    Odd,
)


@dataclass(slots=True)
class Scanner:
    """A command that is read line by line; after each line it can say what is missing."""

    programs: list[str] = field(default_factory=list)
    """The names in command position so far, without their folders."""
    odd: list[Odd] = field(default_factory=list)
    placeholders: list[Odd] = field(default_factory=list)
    """Where `<name>` stands outside of quotes, though the shell would take it for two redirections."""
    lines: int = 0
    _frames: list[Frame] = field(default_factory=lambda: [Frame()])
    _in_backticks: bool = False
    """Whether one of the frames is a backtick; the next one ends it, and whatever is open since."""
    _heredocs: list[tuple[str, bool]] = field(default_factory=list)
    _joined: bool = False

    @property
    def in_heredoc(self) -> bool:
        """Whether the next line belongs to a heredoc."""
        return bool(self._heredocs)

    @property
    def missing(self) -> str:
        """What the shell waits for, in words; empty when the command is complete."""
        if self._heredocs:
            return f"the line {self._heredocs[0][0]} that ends its heredoc"
        if self._joined:
            return "the line that its last backslash announces"
        top = self._frames[-1]
        if top.dangling:
            return f"a command after {top.dangling}"
        return WAITS_FOR.get(top.closer, f"the closing {top.closer}") if top.closer else ""

    def feed(self, line: str) -> None:
        """Read the next line of the command, given without its end."""
        if self._heredocs and not self._joined:
            delimiter, tabbed = self._heredocs[0]
            if (line.lstrip("\t") if tabbed else line) == delimiter:
                del self._heredocs[0]
        else:
            self._joined = False
            offset = 0
            while offset < len(line):
                offset = self._step(line, offset)
            if not self._joined:
                self._end_line()
        self.lines += 1

    def _step(self, line: str, offset: int) -> int:
        """Read what stands at `offset`; returns where the rest starts."""
        top = self._frames[-1]
        # --name=web
        if plain := INSIDE.get(top.closer, PLAIN).match(line, offset):
            top.word = (top.word or "") + plain[0]
            top.dangling = ""
            return plain.end()
        # "a b", ${name:-a}, $((1 + 1))
        if top.closer in STRINGS:
            return self._in_string(line, offset)
        character = line[offset]
        if character in " \t":
            self._end_word()
            words = ARGUMENTS.match(line, offset + 1) if self._frames[-1].expect is Expect.ARGUMENT else None
            return words.end() if words else offset + 1
        # # a comment, or `# a comment` within a command, which ends with its backtick
        if character == "#" and top.word is None:
            end = line.find("`", offset) if self._in_backticks else -1
            return end if end >= 0 else len(line)
        # <web>
        if STANDS_FOR.match(line, offset):
            self.placeholders.append(Odd(self.lines, offset, character))
        # && or >
        if operator := OPERATOR.match(line, offset):
            return self._operator(operator[0], line, offset)
        top.dangling = ""
        # \u2013\u2013name, \u201cweb\u201d
        starts_word = top.word is None and bool(line[offset + 1 : offset + 2].strip())
        if character in QUOTES or (character in DASHES and starts_word):
            self.odd.append(Odd(self.lines, offset, character))
        return self._expand(line, offset, quotes=True)

    def _expand(self, line: str, offset: int, *, quotes: bool) -> int:
        """Read one character of a word, or open what starts there."""
        top = self._frames[-1]
        character = line[offset]
        if character == "\\":
            return self._escape(line, offset)
        top.word = top.word or ""
        for opener, closer in (("$((", "))"), ("$(", ")"), ("${", "${")):
            if line.startswith(opener, offset):
                return self._open(closer, offset + len(opener))
        # `docker ps -q`
        if character == "`":
            return self._backtick(offset + 1)
        # $'a\nb'
        if quotes and line.startswith("$'", offset):
            return self._open("$'", offset + 2)
        if quotes and character in "'\"":
            top.quoted = True
            return self._open(character, offset + 1)
        top.word += character
        return offset + 1

    def _backtick(self, after: int) -> int:
        """Open a substitution, or close the one that is open."""
        if not self._in_backticks:
            return self._open("`", after)
        self._end_word()
        # Whatever is still open inside ends with it, as in the shell.
        while self._frames[-1].closer != "`":
            self._frames.pop()
        return self._close(after)

    def _escape(self, line: str, offset: int) -> int:
        """Read a backslash, and what it takes its meaning from; at the end of a line it joins the next one."""
        if offset + 1 == len(line):
            self._joined = True
            return offset + 1
        top = self._frames[-1]
        top.word = (top.word or "") + line[offset + 1]
        return offset + 2

    def _in_string(self, line: str, offset: int) -> int:
        """Read what is not plain inside quotes, `${...}` or `$((...))`."""
        top = self._frames[-1]
        character = line[offset]
        closer = "}" if top.closer == "${" else "'" if top.closer == "$'" else top.closer
        if line.startswith(closer, offset):
            return self._close(offset + len(closer))
        if top.closer == "'" or (top.closer == "$'" and character != "\\"):
            top.word = (top.word or "") + character
            return offset + 1
        if top.closer == "))" and character in "()":
            # $(((1 + 2) * 3)): the inner parentheses are a frame of their own, which `_close` leaves.
            return self._open("))", offset + 1) if character == "(" else self._close(offset + 1)
        return self._expand(line, offset, quotes=top.closer == "${")

    def _open(self, closer: str, offset: int) -> int:
        self._frames.append(Frame(closer))
        self._in_backticks |= closer == "`"
        return offset

    def _close(self, offset: int) -> int:
        """Leave the innermost thing that is open; what was quoted in it goes on in the word around it."""
        self._end_word()
        frame = self._frames.pop()
        self._in_backticks &= frame.closer != "`"
        parent = self._frames[-1]
        if frame.closer in STRINGS or frame.closer == "`":
            parent.word = (parent.word or "") + (frame.word or "")
        elif frame.closer == ")" and frame.defines_function:
            parent.expect = Expect.COMMAND
        return offset

    def _operator(self, operator: str, line: str, offset: int) -> int:
        """Read an operator: it ends a word, and tells what comes next."""
        top = self._frames[-1]
        after = offset + len(operator)
        word = top.word
        if operator[0] in "<>" or operator.startswith("&>"):
            return self._redirect(operator, after)
        if operator == "(":
            top.dangling = ""
            # ((i++)), but not name() and not (docker ps)
            if word is None and line.startswith("((", offset):
                return self._open("))", offset + 2)
            self._end_word()
            top.expect = Expect.ARGUMENT
            self._open(")", after)
            self._frames[-1].defines_function = word is not None and not word.endswith("=")
            return after
        self._end_word()
        top = self._frames[-1]
        if operator == ")" and top.closer == ")":
            return self._close(after)
        top.expect = Expect.COMMAND
        top.dangling = operator if operator in WANTS_MORE else ""
        return after

    def _redirect(self, operator: str, after: int) -> int:
        """Read `>`, `2>`, `<<EOF` and the like, up to the target."""
        top = self._frames[-1]
        top.dangling = ""
        # 2> errors.txt
        if top.word is not None and top.word.isdigit():
            top.word = None
        self._end_word()
        top = self._frames[-1]
        # <(docker ps)
        if operator in {"<(", ">("}:
            top.word = ""
            return self._open(")", after)
        if top.expect not in {Expect.TARGET, Expect.DELIMITER, Expect.TABBED_DELIMITER}:
            top.after_redirection = top.expect
        special = {"<<": Expect.DELIMITER, "<<-": Expect.TABBED_DELIMITER}
        top.expect = special.get(operator, Expect.TARGET)
        return after

    def _end_line(self) -> None:
        """End a line that no backslash joins to the next: a string goes on, a command does not."""
        top = self._frames[-1]
        if top.closer in STRINGS:
            top.word = (top.word or "") + "\n"
            return
        self._end_word()
        self._frames[-1].expect = Expect.COMMAND

    def _end_word(self) -> None:
        """Take in the word that is complete, as what was expected."""
        top = self._frames[-1]
        word, quoted = top.word, top.quoted
        if word is None or top.closer in STRINGS:
            return
        top.word, top.quoted = None, False
        match top.expect:
            case Expect.TARGET:
                top.expect = top.after_redirection
            case Expect.DELIMITER | Expect.TABBED_DELIMITER:
                self._heredocs.append((word, top.expect is Expect.TABBED_DELIMITER))
                top.expect = top.after_redirection
            case Expect.WRAPPER_VALUE:
                top.expect = Expect.WRAPPED
            case Expect.WRAPPED if word.startswith("-"):  # sudo -u root docker ps
                if word in WRAPPERS[top.wrapper]:
                    top.expect = Expect.WRAPPER_VALUE
            case Expect.WRAPPED if word[:1].isdigit() or ASSIGNMENT.match(word):
                pass  # timeout 5 docker ps, env A=b docker ps
            case Expect.COMMAND | Expect.WRAPPED:
                self._command(word, quoted=quoted)
            case _:
                pass

    def _command(self, word: str, *, quoted: bool) -> None:
        """Take in a word in command position."""
        top = self._frames[-1]
        if not quoted and top.closer == word and len(self._frames) > 1:  # fi
            self._frames.pop()
        elif not quoted and word in OPENERS:  # if
            top.expect = Expect.ARGUMENT
            self._frames.append(Frame(OPENERS[word]))
            if word not in BEFORE_COMMAND:
                self._frames[-1].expect = Expect.ARGUMENT
        elif not quoted and (word in BEFORE_COMMAND or ASSIGNMENT.match(word)):  # then, A=b
            top.expect = Expect.COMMAND
        else:
            name = word.rpartition("/")[2]
            self.programs.append(name)
            top.wrapper = name
            top.expect = Expect.WRAPPED if name in WRAPPERS else Expect.ARGUMENT


def runs_docker(command: str) -> bool:
    """Whether docker stands in a command position: first, after `sudo`, in a pipe, in `$(...)` ..."""
    if "docker" not in command:
        return False
    scanner = Scanner()
    for line in command.split("\n"):
        scanner.feed(line)
    return not DOCKER.isdisjoint(scanner.programs)
