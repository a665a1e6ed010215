//! Downloads from a server that does as it should, and from ones that do not.

use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use wgflow::datasets::{GetFile, get_file};
use wgflow::{Error, ErrorKind};
use wgflow_tests::server::{Reply, Server};

const NAME: &str = "file.bin";

fn contents() -> Vec<u8> {
    (0..200_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// A cache of its own, for the file that [`contents`] gives.
struct Cache {
    dir: TempDir,
    hash: String,
}

impl Cache {
    fn new() -> Cache {
        Cache { dir: tempfile::tempdir().unwrap(), hash: digest(&contents()) }
    }

    fn options(&self) -> GetFile<'_> {
        GetFile {
            file_hash: Some(&self.hash),
            file_size: Some(contents().len() as u64),
            cache_dir: Some(self.dir.path()),
            ..GetFile::default()
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("datasets").join(NAME)
    }

    /// Fails, with nothing left on the disk.
    fn refused(&self, origin: &[&str], options: GetFile<'_>) -> Error {
        let e = get_file(NAME, origin, options).expect_err("a broken download was kept");
        assert_eq!(e.kind(), ErrorKind::Unavailable, "{e}");
        let left: Vec<_> = fs::read_dir(self.path().parent().unwrap()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        let text = e.to_string();
        for part in [origin[0], "Without a network, put the file at", &self.path().display().to_string()] {
            assert!(text.contains(part), "{text}");
        }
        e
    }
}

#[test]
fn a_file_is_downloaded_once() {
    let server = Server::start(|_, _| Reply::File(contents()));
    let cache = Cache::new();
    for _ in 0..2 {
        let path = get_file(NAME, &[&server.url("/a")], cache.options()).unwrap();
        assert_eq!((path.clone(), fs::read(path).unwrap()), (cache.path(), contents()));
        assert_eq!(server.requests(), ["/a"]);
    }
    let again = GetFile { force_download: true, ..cache.options() };
    get_file(NAME, &[&server.url("/b")], again).unwrap();
    assert_eq!(server.requests(), ["/a", "/b"]);
    // What was damaged on the disk is replaced.
    for damaged in [contents()[1..].to_vec(), vec![0; contents().len()]] {
        fs::write(cache.path(), damaged).unwrap();
        let path = get_file(NAME, &[&server.url("/c")], cache.options()).unwrap();
        assert_eq!(fs::read(path).unwrap(), contents());
    }
    assert_eq!(server.requests(), ["/a", "/b", "/c", "/c"]);
}

#[test]
fn a_file_without_a_checksum_is_taken_as_it_comes() {
    let server = Server::start(|_, _| Reply::File(b"text".to_vec()));
    let cache = Cache::new();
    let options = GetFile { cache_dir: Some(cache.dir.path()), cache_subdir: "mine", ..GetFile::default() };
    let path = get_file("x.txt", &[&server.url("/x")], options).unwrap();
    assert_eq!(path, cache.dir.path().join("mine/x.txt"));
    assert_eq!(fs::read(path).unwrap(), b"text");
}

#[test]
fn what_is_not_there_is_asked_for_once() {
    let server = Server::start(|_, _| Reply::Status(404));
    let cache = Cache::new();
    let e = cache.refused(&[&server.url("/a"), &server.url("/b")], cache.options());
    assert_eq!(server.requests(), ["/a", "/b"]);
    assert_eq!(e.to_string().matches("status: 404").count(), 2, "{e}");
}

#[test]
fn a_busy_server_is_asked_again() {
    let server =
        Server::start(|_, before| if before < 2 { Reply::Status(503) } else { Reply::File(contents()) });
    let cache = Cache::new();
    get_file(NAME, &[&server.url("/a")], cache.options()).unwrap();
    assert_eq!(server.requests().len(), 3);
    assert_eq!(fs::read(cache.path()).unwrap(), contents());
}

#[test]
fn a_cut_answer_is_not_kept() {
    let half = contents()[..100_000].to_vec();
    let server = Server::start(move |_, _| Reply::Lie(200_000, half.clone()));
    let cache = Cache::new();
    cache.refused(&[&server.url("/a")], cache.options());
    assert_eq!(server.requests().len(), 3);
    let unchecked = GetFile { cache_dir: Some(cache.dir.path()), ..GetFile::default() };
    cache.refused(&[&server.url("/b")], unchecked);
}

#[test]
fn an_answer_that_breaks_off_once_is_asked_for_again() {
    let server = Server::start(|_, before| match before {
        0 => Reply::Lie(200_000, contents()[..7].to_vec()),
        _ => Reply::File(contents()),
    });
    let cache = Cache::new();
    get_file(NAME, &[&server.url("/a")], cache.options()).unwrap();
    assert_eq!(fs::read(cache.path()).unwrap(), contents());
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_wrong_length_is_refused_before_the_data() {
    let server = Server::start(|_, _| Reply::Lie(1 << 40, contents()));
    let cache = Cache::new();
    let e = cache.refused(&[&server.url("/a")], cache.options());
    assert!(e.to_string().contains("wanted 200000 bytes. Received: an answer of 1099511627776"), "{e}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn an_endless_answer_ends() {
    let server = Server::start(|_, _| Reply::Endless(1));
    let cache = Cache::new();
    let e = cache.refused(&[&server.url("/a")], cache.options());
    assert!(e.to_string().contains("wanted 200000 bytes. Received: 200001"), "{e}");
}

#[test]
fn wrong_contents_are_refused_and_the_next_address_is_tried() {
    let server = Server::start(|path, _| match path {
        "/good" => Reply::File(contents()),
        "/none" => Reply::Raw(b"no HTTP at all\r\n\r\n".to_vec()),
        _ => Reply::File(vec![0; contents().len()]),
    });
    let cache = Cache::new();
    let (bad, none, good) = (server.url("/bad"), server.url("/none"), server.url("/good"));
    let e = cache.refused(&[&bad, &none], cache.options());
    let text = e.to_string();
    assert!(text.contains(&format!("wanted the SHA-256 digest {}. Received: ", cache.hash)), "{text}");
    assert!(text.contains(&format!("{none}: ")), "{text}");
    get_file(NAME, &[&bad, &none, &good], cache.options()).unwrap();
    assert_eq!(fs::read(cache.path()).unwrap(), contents());
    // A download that fails leaves the file that is there.
    let again = GetFile { force_download: true, ..cache.options() };
    assert!(get_file(NAME, &[&bad], again).is_err());
    assert_eq!(fs::read(cache.path()).unwrap(), contents());
}

#[test]
fn without_a_server_the_error_says_what_to_do() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cache = Cache::new();
    cache.refused(&[&format!("http://{port}/a")], cache.options());
}

#[test]
fn wrong_arguments_are_refused() {
    let cache = Cache::new();
    let refused = |name: &str, origin: &[&str], options: GetFile<'_>, argument: &str| {
        let e = get_file(name, origin, options).expect_err("a wrong argument was taken");
        assert_eq!(e.kind(), ErrorKind::InvalidArgument);
        assert!(e.to_string().contains(argument), "{e}");
    };
    for name in ["", ".", "..", "../up", "a/b", "/etc/passwd", "c:x", "a\\b"] {
        refused(name, &["http://127.0.0.1:1/a"], cache.options(), "fname");
    }
    refused(NAME, &[], cache.options(), "origin");
    for hash in ["", "12", &"g".repeat(64)] {
        let options = GetFile { file_hash: Some(hash), ..cache.options() };
        refused(NAME, &["http://127.0.0.1:1/a"], options, "file_hash");
    }
}
