// Lays the server of this clone into the package: `bundled/lib`, what pip installs, and `bundled/bin/wic`, which runs it
// with the first Python that is new enough. So the package is one for this kind of machine alone. What it does not
// bring is what needs compiled parts for one version of Python: Docker's client, and `wic connect`.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LAUNCHER = `#!/bin/sh
folder=$(dirname "$(dirname "$(readlink -f "$0")")")
for python in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        export PYTHONPATH="$folder/lib" PYTHONDONTWRITEBYTECODE=1
        exec "$python" -P -c 'import sys; from wic_lsp.cli import main; sys.exit(main())' "$@"
    fi
done
echo "wic needs Python 3.11 or newer." >&2
exit 127
`;

export function bundle(root, stage) {
  const bundled = join(stage, "bundled");
  mkdirSync(join(bundled, "bin"), { recursive: true });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"];
  execFileSync("python3", [...pip, "--target", join(bundled, "lib"), root], { stdio: "inherit" });
  rmSync(join(bundled, "lib", "bin"), { recursive: true }); // programs that name this machine's Python
  writeFileSync(join(bundled, "bin", "wic"), LAUNCHER, { mode: 0o755 });
}
