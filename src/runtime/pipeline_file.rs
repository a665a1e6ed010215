//! Compiled pipelines on disk, where the adapter has a pipeline cache: what one process compiled, the next one loads.
//!
//! The environment variable `WGFLOW_PIPELINES` says whether: `on` (the default) or `off`. A file belongs to an adapter, its driver and this
//! version. It is read when the adapter is opened. It is written before the host waits for the device, where pipelines were made since
//! it was written and that is some seconds ago, and when the adapter is closed; whole or not at all, so that processes may share it.
//! A file that is not what was written is passed over. Nothing of this is ever an error: pipelines are compiled then.

use super::caps::Caps;
use super::failure::scoped;
use super::folder::{folder, stable_hash, write_whole};
use super::trusted::pipeline_cache;
use crate::lock;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

/// First line of a file, and the version of its format.
const HEAD: &str = "wgflow-pipelines 1";
/// Bytes of a digest.
const DIGEST: usize = 32;
/// Most bytes of a file. What would be more is not written, and the file goes: the next process begins anew.
const MOST: usize = 128 << 20;
/// Least time between two writes.
const PAUSE: Duration = Duration::from_secs(3);

static ON: LazyLock<bool> = LazyLock::new(|| match std::env::var("WGFLOW_PIPELINES").as_deref() {
    Ok("off") => false,
    Ok("on") | Err(_) => true,
    Ok(other) => {
        log::warn!("WGFLOW_PIPELINES is '{other}'; wanted 'off' or 'on'");
        true
    }
});

/// The driver's pipeline cache of an opened adapter, and its file.
#[derive(Debug)]
pub(super) struct PipelineFile {
    cache: wgpu::PipelineCache,
    name: String,
    path: PathBuf,
    /// Pipelines made in this process.
    made: AtomicU64,
    written: Mutex<Written>,
}

/// What the file knows.
#[derive(Debug, Default)]
struct Written {
    /// Pipelines that were made when it was written.
    made: u64,
    at: Option<Instant>,
    /// Whether it could not be written.
    refused: bool,
}

impl PipelineFile {
    /// The cache of an adapter with what its file holds; none where the adapter has none, or where it is switched off.
    pub(super) fn open(device: &wgpu::Device, info: &wgpu::AdapterInfo, caps: &Caps) -> Option<Self> {
        if !caps.pipeline_cache || !*ON {
            return None;
        }
        let version = env!("CARGO_PKG_VERSION");
        let key = wgpu::util::pipeline_cache_key(info)?;
        let Caps { name, driver, driver_info, .. } = caps;
        let name = format!("{key} | {name} | {driver} {driver_info} | wgflow {version}");
        let name = name.replace(['\n', '\r'], " ");
        let path = folder("pipelines")?.join(format!("{key}-{version}-{:016x}.bin", stable_hash(&name)));
        let data = match read(&path, &name) {
            Ok(data) => data,
            Err(what) => {
                log::warn!("{}: {what}; pipelines are compiled anew", path.display());
                None
            }
        };
        let (cache, error) = scoped(device, || pipeline_cache(device, data.as_deref()));
        if let Some(e) = error {
            log::warn!("{}: {e}; pipelines are not kept", path.display());
            return None;
        }
        Some(PipelineFile { cache, name, path, made: AtomicU64::new(0), written: Mutex::default() })
    }

    /// What new pipelines are made through.
    pub(super) fn cache(&self) -> &wgpu::PipelineCache {
        &self.cache
    }

    /// Notes that a pipeline was made.
    pub(super) fn note(&self) {
        self.made.fetch_add(1, Ordering::Relaxed);
    }

    /// Writes the file, if there is anything new; with `at_last` however short ago it was written.
    pub(super) fn write(&self, at_last: bool) {
        let made = self.made.load(Ordering::Relaxed);
        let mut written = lock(&self.written);
        let soon = || written.at.is_some_and(|at| at.elapsed() < PAUSE);
        if written.made == made || written.refused || (!at_last && soon()) {
            return;
        }
        written.made = made;
        written.at = Some(Instant::now());
        let Some(data) = self.cache.get_data() else { return };
        let done = if data.len() > MOST {
            log::info!("{}: more than {MOST} bytes; it begins anew", self.path.display());
            std::fs::remove_file(&self.path)
        } else {
            write_whole(&self.path, &framed(&self.name, &data))
        };
        if let Err(e) = done {
            log::warn!("{}: {e}; pipelines are forgotten at the end", self.path.display());
            written.refused = true;
        }
    }
}

/// A file's bytes: head, name, digest of the data, the data.
fn framed(name: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{HEAD}\n{name}\n").into_bytes();
    bytes.extend_from_slice(&Sha256::digest(data));
    bytes.extend_from_slice(data);
    bytes
}

/// The data of a file; none without one.
fn read(path: &Path, name: &str) -> Result<Option<Vec<u8>>, String> {
    let size = match std::fs::metadata(path) {
        Ok(m) => m.len(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e.to_string()),
    };
    if size > (MOST + HEAD.len() + name.len() + DIGEST + 2) as u64 {
        return Err(format!("{size} bytes are too many"));
    }
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    unframed(&bytes, name).map(Some)
}

fn unframed(bytes: &[u8], name: &str) -> Result<Vec<u8>, String> {
    let rest = bytes.strip_prefix(format!("{HEAD}\n{name}\n").as_bytes());
    let rest = rest.ok_or("not a file of this format, adapter, driver and version")?;
    let (digest, data) = rest.split_at_checked(DIGEST).ok_or("the end is missing")?;
    if Sha256::digest(data).as_slice() != digest {
        return Err("the data are not what was written".into());
    }
    Ok(data.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_written_is_read() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("deep/file.bin");
        assert_eq!(read(&path, "a"), Ok(None));
        let data: Vec<u8> = (0..=255).collect();
        write_whole(&path, &framed("a", &data))?;
        assert_eq!(read(&path, "a"), Ok(Some(data.clone())));
        assert!(read(&path, "b").is_err(), "of another adapter");
        let whole = std::fs::read(&path)?;
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut])?;
            assert!(read(&path, "a").is_err(), "cut at {cut}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(&path, &changed)?;
            assert!(read(&path, "a").is_err(), "changed at {at}");
        }
        Ok(())
    }
}
