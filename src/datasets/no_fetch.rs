//! What stands in the place of downloads in a build without them.

use super::GetFile;
use super::get_file::OP;
use crate::error::{Error, Result};
use std::path::Path;

pub(super) fn fetch(path: &Path, _: &[&str], _: &GetFile<'_>) -> Result<()> {
    let message = format!("this build has no feature `download`; put the file at {}", path.display());
    Err(Error::unimplemented(OP, message))
}
