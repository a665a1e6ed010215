//! Shuffles, repetition and fast paths.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wgflow::data::{Array, Dataset};
use wgflow::{Result, Tensor};
use wgflow_tests::device::device_under_test;

fn range(n: i64) -> Dataset {
    Dataset::range(0, n, 1)
}

fn numbers(d: &Dataset) -> Vec<i64> {
    d.as_numpy_iterator()
        .map(|e| e?.unpack::<Array>()?.item())
        .collect::<Result<_>>()
        .unwrap_or_else(|e| panic!("{e}"))
}

fn sorted(mut v: Vec<i64>) -> Vec<i64> {
    v.sort_unstable();
    v
}

/// The same dataset from rows of an array, which take the fast path, and from single elements, which do not.
fn both(n: i64) -> [Dataset; 2] {
    let rows = Dataset::from_tensor_slices((0..n).collect::<Vec<i64>>()).unwrap();
    [rows, range(n)]
}

#[test]
fn shuffles_keep_all_elements_and_the_window() {
    for buffer in [1, 2, 5, 30, 100] {
        for d in both(30) {
            let got = numbers(&d.shuffle(buffer, Some(1), true));
            assert_eq!(sorted(got.clone()), (0..30).collect::<Vec<_>>());
            // Nothing comes before it has entered the buffer.
            for (at, &v) in got.iter().enumerate() {
                assert!((v as usize) < at + buffer, "{v} at {at} with a buffer of {buffer}");
            }
            assert_eq!(buffer == 1, got == (0..30).collect::<Vec<_>>());
        }
    }
}

#[test]
fn every_element_gets_everywhere_equally_often() {
    let (n, passes) = (5, 2000);
    let d = range(n).shuffle(n as usize, Some(11), true);
    let mut counts = vec![vec![0f64; n as usize]; n as usize];
    for _ in 0..passes {
        numbers(&d).iter().enumerate().for_each(|(at, &v)| counts[at][v as usize] += 1.0);
    }
    let mean = f64::from(passes) / n as f64;
    let chi2: f64 = counts.iter().flatten().map(|c| (c - mean).powi(2) / mean).sum();
    // 16 degrees of freedom: above 50 once in 40,000 times.
    assert!(chi2 < 50.0, "{chi2}: {counts:?}");
}

#[test]
fn seeds_decide_the_order() {
    for d in both(50) {
        let make = |seed| d.shuffle(20, seed, true);
        assert_eq!(numbers(&make(Some(3))), numbers(&make(Some(3))));
        assert_ne!(numbers(&make(Some(3))), numbers(&make(Some(4))));
    }
    let [rows, single] = both(50).map(|d| numbers(&d.shuffle(20, Some(3), true)));
    assert_eq!(rows, single);
    // Known order: it is the same on every machine.
    assert_eq!(numbers(&range(8).shuffle(8, Some(0), true)), KNOWN);
}

/// From the words that TensorFlow 2.21 gives for `stateless_uniform([8], [0, 0], None, None, uint32, alg="philox")`, each drawn element
/// being replaced by the last one of the buffer.
const KNOWN: [i64; 8] = [6, 3, 2, 7, 5, 1, 0, 4];

#[test]
fn passes_are_reshuffled_or_not() {
    for d in both(40) {
        let again = d.shuffle(40, Some(2), true);
        assert_ne!(numbers(&again), numbers(&again));
        let same = d.shuffle(40, Some(2), false);
        assert_eq!(numbers(&same), numbers(&same));
        // Within one iteration too: each repetition is a pass of its own, and none mixes with the next.
        let repeated = numbers(&d.shuffle(40, Some(2), true).repeat(2));
        let (a, b) = repeated.split_at(40);
        assert_ne!(a, b);
        assert_eq!(sorted(a.to_vec()), sorted(b.to_vec()));
        let repeated = numbers(&same.repeat(2));
        assert_eq!(repeated[..40], repeated[40..]);
        // After the repetition they do mix.
        let mixed = numbers(&d.repeat(2).shuffle(80, Some(2), true));
        assert_ne!(sorted(mixed[..40].to_vec()), (0..40).collect::<Vec<_>>());
    }
}

#[test]
fn rows_and_elements_give_the_same_batches() {
    let through = |d: &Dataset| {
        let d = d.skip(3).shuffle(7, Some(9), true).take(20).shard(2, 1).repeat(3).batch(4, false);
        d.iter().map(|e| Ok(e?.to_string())).collect::<Result<Vec<_>>>().unwrap()
    };
    let [rows, single] = both(40).map(|d| through(&d));
    assert_eq!(rows, single);
    assert_eq!(rows.len(), 8);
}

#[test]
fn tuples_stay_together() {
    device_under_test();
    let x: Vec<[f32; 3]> = (0..100).map(|i| [i as f32, 0.5, -1.0]).collect();
    let y: Vec<u8> = (0..100).collect();
    let d = Dataset::from_tensor_slices((x, y)).unwrap().shuffle(100, Some(1), true).batch(32, false);
    let mut seen = 0;
    for batch in &d {
        let (x, y): (Tensor, Tensor) = batch.unwrap().unpack().unwrap();
        let (x, y) = (x.to_vec::<f32>().unwrap(), y.to_vec::<u8>().unwrap());
        for (row, y) in x.chunks(3).zip(&y) {
            assert_eq!(row, [f32::from(*y), 0.5, -1.0]);
        }
        seen += y.len();
    }
    assert_eq!(seen, 100);
}

#[test]
fn cached_elements_are_made_once() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let d = range(5)
        .map(move |x: Tensor| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(x)
        })
        .cache();
    // A pass that is given up keeps nothing.
    assert_eq!(d.iter().take(2).count(), 2);
    assert_eq!(calls.swap(0, Ordering::Relaxed), 2);
    assert_eq!(numbers(&d), [0, 1, 2, 3, 4]);
    assert_eq!(numbers(&d), [0, 1, 2, 3, 4]);
    assert_eq!(calls.load(Ordering::Relaxed), 5);
}

#[test]
fn reduce_folds_in_order() {
    let text = range(5).reduce(String::new(), |s, x: Array| Ok(format!("{s}{}", x.item::<i64>()?))).unwrap();
    assert_eq!(text, "01234");
}
