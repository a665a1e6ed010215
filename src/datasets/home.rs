//! Where what was downloaded is kept.

use crate::error::{Error, ErrorKind, Result};
use std::path::PathBuf;

/// The folder for downloaded files: what the environment variable `WGFLOW_HOME` names, else `.wgflow` in the user's home folder.
///
/// # Errors
/// `NotFound` where neither is known.
pub fn cache_dir() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("WGFLOW_HOME").filter(|h| !h.is_empty()) {
        return Ok(home.into());
    }
    std::env::home_dir().map(|h| h.join(".wgflow")).ok_or_else(|| {
        let message = "there is no home folder to keep downloads in; set WGFLOW_HOME to a folder";
        Error::new(ErrorKind::NotFound, "datasets.cache_dir", message)
    })
}
