//! Tuned kernels: other texts, the same results, one table for good.

use wgflow::{DType, GradientTape, Result, Tensor, matmul, nn, random, reduce_sum};
use wgflow_tests::device::{alone_said, device_under_test, wanted};

const ALONE: &str = "counts::tuning::products_alone";

/// What a run of [`products_alone`] printed: results, and their bits.
fn run(tune: &str, home: &str) -> Vec<u32> {
    let said = alone_said(ALONE, &[("WGFLOW_TUNE", tune), ("WGFLOW_HOME", home)]);
    let line = said.lines().find_map(|l| l.split_once("bits: ").map(|(_, bits)| bits.to_string()));
    let bits = line.expect("the test prints bits");
    bits.split_whitespace().map(|b| b.parse().expect("a number")).collect()
}

#[test]
fn tuning_changes_no_result_and_is_remembered() {
    device_under_test();
    if wanted() == "cpu" {
        return;
    }
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().to_str().expect("a name");
    let usual = run("off", path);
    assert!(!home.path().join("tuning").exists(), "nothing is tuned where that is off");
    let tuned = run("force", path);
    let tables = || -> Vec<(String, String)> {
        let files = std::fs::read_dir(home.path().join("tuning")).expect("tables");
        files
            .map(|f| f.expect("a file").path())
            .map(|p| (p.display().to_string(), std::fs::read_to_string(p).expect("a table")))
            .collect()
    };
    let table = tables();
    assert!(table.len() == 1 && table[0].1.contains("contract F32"), "{table:?}");
    for (a, b) in usual.iter().zip(&tuned) {
        let (a, b) = (f32::from_bits(*a), f32::from_bits(*b));
        assert!((a - b).abs() <= 1e-4 * a.abs().max(1.0), "{a} {b}");
    }
    assert_eq!(usual.len(), tuned.len());
    // A run may add classes that the one before had no time for; once none does, all runs are the same bit for bit.
    let mut before = (tuned, table);
    let mut settled = false;
    for _ in 0..8 {
        let now = (run("force", path), tables());
        if now.1 == before.1 && settled {
            assert_eq!(now.0, before.0);
            break;
        }
        settled = now.1 == before.1;
        before = now;
    }
    assert!(settled, "tuning never ends");
    std::fs::write(&tables()[0].0, "broken").expect("a write");
    assert_eq!(run("force", path).len(), usual.len());
}

#[test]
#[ignore = "run by tuning_changes_no_result_and_is_remembered, in a process of its own"]
fn products_alone() -> Result<()> {
    device_under_test();
    let uniform =
        |shape: &[usize], seed: i64| random::stateless_uniform(shape, [seed, 2], -1.0, 1.0, DType::Float32);
    let mut all: Vec<f32> = vec![];
    let (a, b) = (uniform(&[70, 90], 1)?, uniform(&[90, 50], 2)?);
    all.extend(matmul(&a, &b)?.to_vec::<f32>()?);
    let (x, w) = (uniform(&[3, 10, 10, 8], 3)?, uniform(&[3, 3, 8, 12], 4)?);
    let tape = GradientTape::persistent();
    tape.watch(&x);
    tape.watch(&w);
    let y = nn::conv2d(&x, &w, 1, nn::Padding::Same, nn::DataFormat::Nhwc, 1)?;
    let loss = reduce_sum(&y * &y, None, false)?;
    for v in [&x, &w] {
        let d: Option<Tensor> = tape.gradient(&loss, v)?;
        all.extend(d.map(|d| d.to_vec::<f32>()).transpose()?.unwrap_or_default());
    }
    let bits: Vec<String> = all.iter().map(|v| v.to_bits().to_string()).collect();
    println!("bits: {}", bits.join(" "));
    Ok(())
}
