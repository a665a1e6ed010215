//! Files that outlive the process: in what folder, and written whole or not at all.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder for files of a kind: inside of what `WGFLOW_HOME` names, else of the user's cache folder.
pub(crate) fn folder(kind: &str) -> Option<PathBuf> {
    let of = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = || std::env::home_dir();
    let cache = if cfg!(target_os = "windows") {
        of("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home().map(|h| h.join("Library/Caches"))
    } else {
        of("XDG_CACHE_HOME").or_else(|| home().map(|h| h.join(".cache")))
    };
    of("WGFLOW_HOME").or_else(|| cache.map(|c| c.join("wgflow"))).map(|f| f.join(kind))
}

/// A number for a text, stable over versions of the compiler, which the standard library's hashes are not: FNV-1a.
pub(crate) fn stable_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}

/// Writes a file, and its folder if there is none: whole, or not at all. Other processes see the file before or the file after.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}
