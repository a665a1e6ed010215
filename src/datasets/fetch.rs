//! Downloads.

use super::GetFile;
use super::get_file::{OP, differs};
use crate::error::{Error, ErrorKind, Result};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;
use tempfile::NamedTempFile;
use ureq::Agent;

/// How often an address is tried, and how long to wait before the second time; twice as long before each further one.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);
/// How long the network may stay silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why an address did not give the file.
struct Failure {
    what: String,
    /// Whether it may go better the next time.
    passing: bool,
}

impl Failure {
    fn passing(what: impl Into<String>) -> Self {
        Failure { what: what.into(), passing: true }
    }
}

/// What stops the whole download, or only a try.
enum Stop {
    Local(Error),
    Remote(Failure),
}

/// Downloads a file from the first address that gives it.
pub(super) fn fetch(path: &Path, origin: &[&str], options: &GetFile<'_>) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| Error::io(OP, folder, &e))?;
    let agent: Agent = Agent::config_builder()
        .user_agent(concat!("wgflow/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .build()
        .into();
    let mut failures = vec![];
    for address in origin {
        for attempt in 0..TRIES {
            if attempt > 0 {
                sleep(PAUSE * 2u32.pow(attempt - 1));
            }
            match download(&agent, address, path, options) {
                Ok(()) => return Ok(()),
                Err(Stop::Local(e)) => return Err(e),
                Err(Stop::Remote(f)) if f.passing && attempt + 1 < TRIES => {
                    log::warn!("{address}: {}; trying again", f.what);
                }
                Err(Stop::Remote(f)) => {
                    failures.push(format!("{address}: {}", f.what));
                    break;
                }
            }
        }
    }
    Err(Error::new(
        ErrorKind::Unavailable,
        OP,
        format!(
            "no address gave the file: {}. Without a network, put the file at {}",
            failures.join("; "),
            path.display()
        ),
    ))
}

/// One try: into a file beside the target, which then takes its place.
fn download(agent: &Agent, address: &str, path: &Path, options: &GetFile<'_>) -> Result<(), Stop> {
    let local = |e: std::io::Error| Stop::Local(Error::io(OP, path, &e));
    let remote = |what: String| Stop::Remote(Failure::passing(what));
    let response = agent.get(address).call().map_err(|e| Stop::Remote(refused(&e)))?;
    let announced = response.body().content_length();
    if let (Some(wanted), Some(n)) = (options.file_size, announced.filter(|&n| options.file_size != Some(n)))
    {
        let what = format!("wanted {wanted} bytes. Received: an answer of {n}");
        return Err(Stop::Remote(Failure { what, passing: false }));
    }
    // An answer that goes on for ever ends one byte after what was wanted.
    let most = options.file_size.map_or(u64::MAX, |n| n + 1);
    let mut body = response.into_body().into_with_config().reader().take(most);
    let bar = progress(path, announced.or(options.file_size));
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new("."))).map_err(local)?;
    let (mut digest, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let n = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(remote(format!("the answer broke off after {size} bytes: {e}"))),
        };
        file.write_all(&buffer[..n]).map_err(local)?;
        digest.update(&buffer[..n]);
        size += n as u64;
        bar.inc(n as u64);
    }
    bar.finish_and_clear();
    if let Some(wanted) = announced.or(options.file_size).filter(|&n| n != size) {
        return Err(remote(format!("wanted {wanted} bytes. Received: {size}")));
    }
    if let Some(what) = options.file_hash.and_then(|wanted| differs(wanted, digest)) {
        return Err(remote(what));
    }
    file.as_file().sync_all().map_err(local)?;
    file.persist(path).map_err(|e| local(e.error))?;
    Ok(())
}

/// Whether a refusal may pass.
fn refused(e: &ureq::Error) -> Failure {
    let passing = match e {
        ureq::Error::StatusCode(code) => *code == 429 || *code >= 500,
        ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed => true,
        _ => false,
    };
    Failure { what: e.to_string(), passing }
}

/// A bar on the terminal; nothing elsewhere.
fn progress(path: &Path, size: Option<u64>) -> ProgressBar {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let (bar, template) = match size {
        Some(n) => (ProgressBar::new(n), "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}"),
        None => (ProgressBar::no_length(), "{msg} {spinner} {bytes} {bytes_per_sec}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_message(name)
}
