#!/bin/bash
# A Rust compiler with a standard library for wasm32-unknown-unknown, from Debian's packages, for machines where rustup can add no target.
# usage: debian.sh FOLDER; afterwards FOLDER/bin/rustc compiles for wasm. Needs apt-get and dpkg, no root.
set -euo pipefail
folder=$(realpath -m "$1")
mkdir -p "$folder/debs" "$folder/bin"

# Lists of packages may be missing or old; without the right to renew them those that are there serve.
apt-get update -qq || true
version=$(apt-cache policy rustc-web | awk '/Candidate:/ { print $2 }')
if [ -z "$version" ] || [ "$version" = "(none)" ]; then
  echo "Debian's archive has no package rustc-web here" >&2
  exit 1
fi
std=libstd-rust-web-$(cut -d. -f1,2 <<< "$version")
llvm=$(apt-cache show "$std=$version" | grep -om1 'libllvm[0-9]*')
(
  cd "$folder/debs"
  apt-get download "rustc-web=$version" "libstd-rust-web-dev=$version" "$std=$version" "rust-web-src=$version" "$llvm"
)
for package in "$folder"/debs/{rustc-web,libstd-rust-web,libllvm}*.deb; do
  dpkg -x "$package" "$folder"
done
dpkg-deb --fsys-tarfile "$folder"/debs/rust-web-src_*.deb | tar -x -C "$folder" --wildcards './usr/src/rustc-*/library/*'
source=$(echo "$folder"/usr/src/rustc-*)
mkdir -p "$folder/usr/lib/rustlib/src"
ln -sfn "$source" "$folder/usr/lib/rustlib/src/rust"

# The compiler finds its libraries in the folder.
for tool in rustc rustdoc; do
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec %s/usr/bin/%s "$@"\n' \
    "$folder" "$folder" "$tool" > "$folder/bin/$tool"
  chmod +x "$folder/bin/$tool"
done

# The linker is that of the installed Rust; linked, not copied, since it finds its libraries beside itself.
linkers=usr/lib/rustlib/x86_64-unknown-linux-gnu/bin
mkdir -p "$folder/$linkers"
ln -sfn "$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld" "$folder/$linkers/rust-lld"

# The standard library, once, from its sources with the crates that Debian ships beside them. Bitcode is for link-time optimisation.
build=$folder/build
mkdir -p "$build/src"
printf '[package]\nname = "standard"\nversion = "0.1.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n[profile.release]\npanic = "abort"\n[workspace]\n' \
  > "$build/Cargo.toml"
: > "$build/src/lib.rs"
(
  cd "$build"
  RUSTC="$folder/bin/rustc" RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_HOME="$build/home" \
    cargo build --quiet --offline --release --target wasm32-unknown-unknown --target-dir "$build/target" \
    --config 'source.crates-io.replace-with="debian"' --config "source.debian.directory=\"$source/library/vendor\"" \
    -Zbuild-std=std,panic_abort,panic_unwind,proc_macro,test
)
libraries=$folder/usr/lib/rustlib/wasm32-unknown-unknown/lib
mkdir -p "$libraries"
cp "$build"/target/wasm32-unknown-unknown/release/deps/lib*.rlib "$libraries/"
rm -rf "$build" "$folder/debs" "$folder/usr/share/doc"
touch "$folder/ready"
