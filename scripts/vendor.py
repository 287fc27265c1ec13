"""Rebuilds the stylesheet taken from elsewhere. For a maintainer with Node; nothing at set-up or run time needs it.

    python3 scripts/vendor.py          build, and write the file and vendor.json
    python3 scripts/vendor.py check    build nothing; compare each listed file with its recorded hash

The form, table and tab components of nhsuk-frontend (MIT) are compiled with our own type, and without its fonts,
pictures and colours: every colour is a stand-in that is replaced by one of our custom properties, so that light, dark
and dark-room themes reach it. A colour or an address that was not foreseen stops the build.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "src" / "euthymia" / "clinic" / "static" / "vendor"
NAME, VERSION, LICENCE = "nhsuk-frontend", "10.6.1", "MIT"
SASS_VERSION = "1.108.2"
TARGET = "nhsuk-forms.css"

# What each colour of the source becomes. The stand-ins only have to differ from one another.
PALETTE = {
    "blue": "--brand",
    "white": "--surface",
    "black": "--ink",
    "green": "--action",
    "purple": "--link-visited",
    "dark-pink": "--link-hover",
    "red": "--danger",
    "yellow": "--focus",
    "grey-1": "--ink-2",
    "grey-2": "--line-strong",
    "grey-3": "--line-strong",
    "grey-4": "--line",
    "grey-5": "--surface-2",
}
# Settings whose value the source would otherwise mix from two colours, which no custom property can follow.
APPLIED = {
    "focus-text-colour": "--focus-ink",
    "link-active-colour": "--brand-strong",
    "input-border-colour": "--line-strong",
    "input-background-colour": "--field",
    "target-hover-colour": "--surface-3",
    "reverse-hover-colour": "--brand-strong",
    "reverse-border-colour": "--line",
    "reverse-secondary-text-colour": "--line",
    "reverse-target-hover-colour": "--brand-strong",
    "secondary-border-colour": "--line",
    "button-colour": "--action",
    "button-text-colour": "--action-ink",
    "button-hover-colour": "--action-hover",
    "button-active-colour": "--action-hover",
    "button-shadow-colour": "--action-edge",
    "secondary-button-hover-colour": "--surface-2",
    "secondary-button-active-colour": "--surface-3",
    "reverse-button-hover-colour": "--surface-2",
    "reverse-button-active-colour": "--surface-3",
    "reverse-button-shadow-colour": "--line-strong",
    "warning-button-colour": "--danger-action",
    "warning-button-hover-colour": "--danger-edge",
    "warning-button-active-colour": "--danger-edge",
    "warning-button-shadow-colour": "--danger-edge",
}
COMPONENTS = (
    *("button", "error-message", "error-summary", "fieldset", "hint", "label", "checkboxes", "radios", "input"),
    *("select", "textarea", "character-count", "date-input", "details", "inset-text", "summary-list", "tables"),
    *("tabs", "pagination", "back-link"),
)
# Rules for what we do not use: scroll shadows, sorted tables, looks for dark pictures, sign-in of the source's owner.
LEFT_OUT = r"nhsuk-scroll|--reverse|--login|--brand|data-sort|:root|nhsuk-tag"
# Sizes in px: on a phone, from a tablet up, and on paper in pt. Calmer than the source, which is set for long reading.
TYPE = {64: (34, 44), 48: (28, 34), 36: (24, 27), 26: (20, 22), 22: (18, 19), 19: (16, 17), 16: (15, 15), 14: (14, 14)}


def main() -> int:
    if sys.argv[1:] == ["check"]:
        return check()
    if shutil.which("npm") is None:
        print("npm is needed to rebuild the vendored stylesheet. Install Node, or leave the committed file as it is.")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        css = recoloured(compiled(Path(folder)))
        VENDOR.mkdir(parents=True, exist_ok=True)
    banner = (
        f"/*! {NAME} {VERSION}, {LICENCE}, compiled without its fonts, pictures and colours: scripts/vendor.py */\n"
    )
    Path(VENDOR, TARGET).write_text(banner + css + "\n")
    record()
    return 0


def check() -> int:
    """Whether each listed file is the one that was listed."""
    listed = json.loads(Path(VENDOR, "vendor.json").read_text())["files"]
    wrong = [entry["file"] for entry in listed if digest(VENDOR / entry["file"]) != entry["sha256"]]
    print("\n".join(f"{name}: not the file that vendor.json lists" for name in wrong) or "vendored files are as listed")
    return 1 if wrong else 0


def record() -> None:
    """Writes what was vendored, from where, under which licence, and its hash."""
    entry = {
        "file": TARGET,
        "name": NAME,
        "version": VERSION,
        "licence": LICENCE,
        "homepage": "https://github.com/nhsuk/nhsuk-frontend",
        "sha256": digest(VENDOR / TARGET),
        "changes": "Subset; own type scale; no fonts or pictures; colours replaced by custom properties.",
        "built_by": "scripts/vendor.py",
    }
    Path(VENDOR, "vendor.json").write_text(json.dumps({"files": [entry]}, indent=2) + "\n")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def compiled(folder: Path) -> str:
    """The compressed stylesheet, its colours still stand-ins."""
    run = {"cwd": folder, "check": True}
    Path(folder, "package.json").write_text('{"private": true}')
    subprocess.run(
        ["npm", "install", "--silent", "--ignore-scripts", f"{NAME}@{VERSION}", f"sass@{SASS_VERSION}"], **run
    )
    Path(folder, "entry.scss").write_text(source())
    load = f"--load-path=node_modules/{NAME}/dist"
    subprocess.run(["npx", "sass", "--style=compressed", "--no-source-map", load, "entry.scss", "out.css"], **run)
    return Path(folder, "out.css").read_text().removeprefix("\ufeff")


def stand_ins() -> dict[str, str]:
    """A stand-in colour for each custom property, far from black and white so that none is written short."""
    tokens = sorted({*PALETTE.values(), *APPLIED.values()})
    return {token: f"#{place + 16:02x}1b{place + 16:02x}" for place, token in enumerate(tokens)}


def source() -> str:
    """The stylesheet that configures and picks the components."""
    colour = stand_ins()
    # Colours no component here uses still have to exist; their stand-ins would stop the build if one did.
    unused = ("dark-blue", "pale-yellow", "warm-yellow", "orange", "aqua-green", "pink")
    names = {name: colour[token] for name, token in PALETTE.items()} | dict.fromkeys(unused, "#fe01fe")
    palette = ",".join(f'"{name}":{value}' for name, value in names.items())
    applied = ",".join(f"$nhsuk-{name}:{colour[token]}" for name, token in APPLIED.items())
    scale = ",".join(
        f"{size}:(null:(font-size:{small}px,line-height:1.45),tablet:(font-size:{large}px,line-height:1.45),"
        f"print:(font-size:{round(large * 0.66)}pt,line-height:1.3))"
        for size, (small, large) in TYPE.items()
    )
    settings = f"$nhsuk-colours:({palette}),$nhsuk-typography-scale:({scale}),{applied}"
    fonts = "$nhsuk-font-family:inherit,$nhsuk-include-font-face:false,$nhsuk-fonts-path:'',$nhsuk-focus-width:3px"
    parts = ["core/objects/form-group", "core/objects/button-group", "core/objects/input-wrapper"]
    parts += ["core/utilities/visually-hidden", *(f"components/{name}" for name in COMPONENTS)]
    uses = "".join(f'@use "nhsuk/{part}";\n' for part in parts)
    return f'@use "nhsuk/core/settings" with ({settings},{fonts});\n{uses}'


def recoloured(css: str) -> str:
    """The stylesheet with custom properties for colours; refuses an unforeseen colour or any address."""
    css = re.sub(r"([^{};]+)\{([^{}]*)\}", pruned, css)
    for token, value in stand_ins().items():
        parts = [int(value[place : place + 2], 16) for place in (1, 3, 5)]
        shade = "#" + "".join(f"{round(part * 0.7):02x}" for part in parts)
        css = css.replace(value, f"var({token})").replace(shade, f"color-mix(in srgb,var({token}) 70%,var(--ink))")
        # The source writes some colours as very nearly opaque, to keep a browser from changing them.
        css = re.sub(rf"rgba\({', ?'.join(map(str, parts))}, ?\.99\)", f"var({token})", css)
        half = f"color-mix(in srgb,var({token}) 50%,transparent)"
        css = re.sub(rf"rgba\({', ?'.join(map(str, parts))}, ?0?\.5\)", half, css)
    css = css.replace("rgba(0,0,0,0)", "transparent").replace("rgba(0, 0, 0, 0)", "transparent")
    css = re.sub(r"rgba\(0,0,0,\.99\)|#000000\b|#000\b", "black", css)
    strange = r"#[0-9a-fA-F]{3,8}\b|rgba?\([^)]*\)|hsla?\([^)]*\)|url\([^)]*\)|https?:[^\s\"')]+"
    left = sorted({*re.findall(strange, css), *re.findall(r"(?i)frutiger|assets\.nhs", css)})
    if left:
        raise SystemExit(f"The stylesheet holds colours, fonts or addresses that were not foreseen: {', '.join(left)}")
    return css


def pruned(rule: re.Match[str]) -> str:
    """One rule without the parts we do not carry; nothing where nothing is left of it."""
    if rule[1].lstrip().startswith(("@", "from", "to")):
        return rule[0]
    # A part that names no class of theirs would reach our own elements.
    carried = [part for part in rule[1].split(",") if "nhsuk" in part and not re.search(LEFT_OUT, part)]
    if not carried or "url(" in rule[2]:
        return ""
    return f"{','.join(carried)}{{{rule[2]}}}"


if __name__ == "__main__":
    raise SystemExit(main())
