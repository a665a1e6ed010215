//! Files of the network, kept on disk.

use super::cache_dir;
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

pub(super) const OP: &str = "get_file";

/// Options of [`get_file`]. All have Keras' defaults.
#[derive(Clone, Copy, Debug)]
pub struct GetFile<'a> {
    /// The SHA-256 digest of the file, 64 hexadecimal digits. A file with another one is refused.
    pub file_hash: Option<&'a str>,
    /// The size of the file in bytes. A file with another one is refused.
    pub file_size: Option<u64>,
    /// The folder within the cache.
    pub cache_subdir: &'a str,
    /// The cache; [`cache_dir`] where it is `None`.
    pub cache_dir: Option<&'a Path>,
    /// Whether it is downloaded even if it is there.
    pub force_download: bool,
}

impl Default for GetFile<'_> {
    fn default() -> Self {
        GetFile {
            file_hash: None,
            file_size: None,
            cache_subdir: "datasets",
            cache_dir: None,
            force_download: false,
        }
    }
}

/// The path of a file of the network (`keras.utils.get_file`): downloaded from the first address of `origin` that has it, unless it is in
/// the cache already. It is written whole or not at all, and a bar shows the progress on a terminal.
///
/// ```no_run
/// use wgflow::datasets::{GetFile, get_file};
///
/// let path = get_file("iris.csv", &["https://example.com/iris.csv"], GetFile::default())?;
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a name that is none of a file, no address, or a hash of another length; `Unavailable` where no address gave the
/// file, with the reason for each and what to do; `NotFound`, `PermissionDenied` and the like where it cannot be written; `Unimplemented`
/// in a build without the feature `download`.
pub fn get_file(fname: &str, origin: &[&str], options: GetFile<'_>) -> Result<PathBuf> {
    let plain = Path::new(fname).file_name().is_some_and(|n| n == fname) && !fname.contains(['/', '\\', ':']);
    if !plain {
        return Err(Error::invalid(
            OP,
            "fname",
            "the name of a file, without a folder",
            format_args!("'{fname}'"),
        ));
    }
    if origin.is_empty() {
        return Err(Error::invalid(OP, "origin", "at least one address", "none"));
    }
    if let Some(hash) =
        options.file_hash.filter(|h| h.len() != 64 || !h.bytes().all(|b| b.is_ascii_hexdigit()))
    {
        return Err(Error::invalid(
            OP,
            "file_hash",
            "64 hexadecimal digits of SHA-256",
            format_args!("'{hash}'"),
        ));
    }
    let cache = match options.cache_dir {
        Some(dir) => dir.to_path_buf(),
        None => cache_dir()?,
    };
    let path = cache.join(options.cache_subdir).join(fname);
    if !options.force_download && path.is_file() {
        match check(&path, &options)? {
            None => return Ok(path),
            Some(what) => log::warn!("{}: {what}; downloading it again", path.display()),
        }
    }
    super::fetch::fetch(&path, origin, &options)?;
    Ok(path)
}

/// What is wrong with a file of the cache.
fn check(path: &Path, options: &GetFile<'_>) -> Result<Option<String>> {
    let io = |e: std::io::Error| Error::io(OP, path, &e);
    let mut file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    if let (Some(wanted), true) = (options.file_size, options.file_size != Some(size)) {
        return Ok(Some(format!("wanted {wanted} bytes. Received: {size}")));
    }
    let Some(wanted) = options.file_hash else { return Ok(None) };
    let (mut digest, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).map_err(io)? {
            0 => return Ok(differs(wanted, digest)),
            n => digest.update(&buffer[..n]),
        }
    }
}

/// What is wrong with a digest.
pub(super) fn differs(wanted: &str, digest: Sha256) -> Option<String> {
    let got: String = digest.finalize().iter().map(|b| format!("{b:02x}")).collect();
    (!got.eq_ignore_ascii_case(wanted))
        .then(|| format!("wanted the SHA-256 digest {wanted}. Received: {got}"))
}
