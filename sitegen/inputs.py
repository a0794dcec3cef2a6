"""A site's folder to `Inputs`: everything that a build depends on, read from the disk once."""

from __future__ import annotations

from pathlib import Path

from sitegen.build import Inputs
from sitegen.config import read_config
from sitegen.discover import discover, discover_static
from sitegen.errors import ConfigError
from sitegen.model import Config
from sitegen.package import theme_folder


def read_inputs(site: Path) -> Inputs:
    """Configuration, sources, assets and the theme with what the site overrides of it."""
    config = read_site_config(site)
    found = discover(site, config)
    theme = theme_folder()
    return Inputs(
        config=config,
        sources=found.sources,
        assets=found.assets,
        static=discover_static(theme / "static", site / "static"),
        template_folders=(str(theme / "templates"), str(site / "templates")),
        problems=found.problems,
    )


def read_site_config(site: Path) -> Config:
    """`site.toml` of the site's folder; raises `ConfigError`, or a group of them."""
    try:
        text = (site / "site.toml").read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no site.toml in {site.resolve()}",
            hint="name the site's folder with -s, or make a new site: sitegen init DIR",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"site.toml is not UTF-8 text: byte {error.start} is 0x{error.object[error.start]:02x}",
            hint="save it as UTF-8",
        ) from error
    except OSError as error:
        raise ConfigError(f"site.toml cannot be read: {error.strerror}") from error
    return read_config(text, "site.toml")


def refuse_sources(folder: Path, site: Path) -> None:
    """Raise `ConfigError` for an output folder whose files would be read as sources."""
    place, root = folder.resolve(), site.resolve()
    for name in ("", "content", "static", "templates"):
        if place == root / name or (name and place.is_relative_to(root / name)):
            raise ConfigError(
                f'the site cannot be written to "{folder}": its sources are there',
                hint="choose a folder that holds nothing else, as -o public",
            )
