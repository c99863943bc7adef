"""The site's configuration: the `snippetrun` entry under `plugins` in mkdocs.yml.

    plugins:
      - snippetrun:
          images:
            nginx: {build: images/nginx}              # a folder with a Dockerfile, relative to mkdocs.yml
            redis: {pull: "redis@sha256:..."}         # from a registry, by digest
            ubuntu: {build: images/ubuntu, stand_in: "Debian's userland"}
          engine: {debian: forky}                     # the suite whose engine pages have; or {image: docker:29-dind}
          engines: {current: {debian: trixie}, next: {debian: forky}}    # instead: several, for `check --engine`
          languages: [console, shell-session]         # the fences that run
          scripts: [.term1]                           # more of them, which have no prompts
          prompts: ["$", "#"]                         # what stands before a command
          renderer: python-markdown                   # or commonmark
          timeout: 60s                                # for each command
          max_timeout: 10m                            # the most that a page may ask for
          output_limit: 1MB                           # for each command
          limits: {memory: 2GB, time: 15m}            # for each page; also cpus, processes, disk, files
          network: none                               # or internet; what pages reach
          build_network: internet                     # or none; what the builds of images reach
          pages:                                      # what holds for some pages alone, by their path below docs_dir
            big.md: {limits: {memory: 6GB}, network: internet}
          jobs: 2                                     # pages at a time
          executor: local                             # or dask://HOST:PORT, a cluster that pages run on
          match: pattern                              # how written output is held against what comes out
          mode: auto                                  # or run, replay; SNIPPETRUN_MODE comes before it
          secrets: [REGISTRY_TOKEN]                   # environment variables whose values are masked everywhere
          recordings: recordings                      # the folder for what came out, relative to mkdocs.yml; or false
          baseline: snippetrun-baseline.txt           # the file with the pages that are not under test yet; or false
          varies: ['session [0-9a-f]+']               # what may differ although two runs do not show it: regular
          same: ['version [0-9.]+']                   # expressions; and what must not

Every key may be left out. Reading it needs no MkDocs: the command line reads the same file. A folder of Markdown that
MkDocs does not render has the same keys at the top level of a snippetrun.yml, beside `docs_dir` and `exclude_docs`.
"""

from snippetrun.config.dialect import Dialect, Renderer
from snippetrun.config.mkdocs_yml import OWN, find, load, look
from snippetrun.config.settings import (
    DEBIAN,
    LOCAL,
    MOST_RUNS,
    PREVIEW,
    Baseline,
    EngineSource,
    ImageSource,
    SiteConfig,
    cache_folder,
    image_name,
    shown_path,
)

__all__ = [
    "DEBIAN",
    "LOCAL",
    "MOST_RUNS",
    "OWN",
    "PREVIEW",
    "Baseline",
    "Dialect",
    "EngineSource",
    "ImageSource",
    "Renderer",
    "SiteConfig",
    "cache_folder",
    "find",
    "image_name",
    "load",
    "look",
    "shown_path",
]
