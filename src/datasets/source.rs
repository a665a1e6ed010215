//! Data sets on the network: files, their checksums, and where they are.

use super::{GetFile, get_file};
use crate::error::{Error, Result};
use std::path::PathBuf;

/// A data set that is downloaded once.
pub(super) struct Source {
    /// The folder in the cache.
    pub(super) name: &'static str,
    /// Addresses that file names are appended to, tried in order.
    pub(super) mirrors: &'static [&'static str],
    pub(super) files: &'static [File],
}

pub(super) struct File {
    pub(super) name: &'static str,
    pub(super) bytes: u64,
    pub(super) sha256: &'static str,
}

impl Source {
    /// The folder with all files, after downloading what is missing.
    pub(super) fn folder(&self) -> Result<PathBuf> {
        let subdir = format!("datasets/{}", self.name);
        let mut folder = None;
        for file in self.files {
            let addresses: Vec<String> = self.mirrors.iter().map(|m| format!("{m}{}", file.name)).collect();
            let options = GetFile {
                file_hash: Some(file.sha256),
                file_size: Some(file.bytes),
                cache_subdir: &subdir,
                ..GetFile::default()
            };
            let origin: Vec<&str> = addresses.iter().map(String::as_str).collect();
            let path = get_file(file.name, &origin, options)
                .map_err(|e| e.context(format!("datasets.{}", self.name)))?;
            folder = path.parent().map(PathBuf::from);
        }
        folder.ok_or_else(|| Error::internal("datasets", format_args!("{} has no files", self.name)))
    }
}
