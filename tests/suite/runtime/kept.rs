//! Pipelines that outlive the process.

use std::path::{Path, PathBuf};
use wgflow::{DType, Result, config, matmul, nn, random, reduce_sum};
use wgflow_tests::device::{alone_said, device_under_test};

/// What a process with its files in `home` computes, as bits.
fn said(home: &Path, switch: &str) -> String {
    let home = home.to_string_lossy();
    let env = [("WGFLOW_HOME", &*home), ("WGFLOW_PIPELINES", switch)];
    let text = alone_said("runtime::kept::a_process_alone", &env);
    let bits = text.split("bits ").nth(1).map(|t| t[..8].to_string());
    bits.unwrap_or_else(|| panic!("{text}"))
}

fn files(home: &Path) -> Vec<PathBuf> {
    let Ok(all) = std::fs::read_dir(home.join("pipelines")) else { return vec![] };
    all.map(|f| f.unwrap().path()).collect()
}

#[test]
fn a_second_process_finds_them_and_broken_files_do_not_matter() -> std::io::Result<()> {
    let Some((_, _, gpu)) = wgflow_tests::device::adapter() else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let home = folder.path();
    let wanted = said(home, "off");
    assert!(files(home).is_empty(), "switched off");
    assert_eq!(said(home, "on"), wanted);
    let found = files(home);
    if !gpu.caps().pipeline_cache {
        assert!(found.is_empty());
        return Ok(());
    }
    let [file] = &found[..] else { panic!("{found:?}") };
    let whole = std::fs::read(file)?;
    assert_eq!(said(home, "on"), wanted);
    assert_eq!(files(home), found);
    let mut changed = whole.clone();
    let last = changed.len() - 1;
    changed[last] ^= 0x55;
    for broken in [&changed[..], &whole[..whole.len() / 2], b"something else"] {
        std::fs::write(file, broken)?;
        assert_eq!(said(home, "on"), wanted);
        assert_ne!(std::fs::read(file)?, broken, "it is written anew");
    }
    // A place that cannot be written to is no error.
    let taken = home.join("taken");
    std::fs::write(&taken, "a file where the folder should be")?;
    assert_eq!(said(&taken, "on"), wanted);
    Ok(())
}

#[test]
#[ignore = "run by a_second_process_finds_them_and_broken_files_do_not_matter"]
fn a_process_alone() -> Result<()> {
    device_under_test();
    let x = random::stateless_uniform([40, 30], [1, 2], -1.0, 1.0, DType::Float32)?;
    let y = random::stateless_uniform([30, 20], [3, 4], -1.0, 1.0, DType::Float32)?;
    let z = reduce_sum(nn::softmax(matmul(&x, &y)?, -1)?, 0, false)?.to_vec::<f32>()?;
    config::current_device()?.sync()?;
    let bits = z.iter().fold(0u32, |h, v| h.wrapping_mul(0x0100_0193) ^ v.to_bits());
    println!("bits {bits:08x}");
    Ok(())
}
