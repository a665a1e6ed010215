//! Pipelines against what a real tf.data makes of them; see tests/goldens/tfdata.py.

use serde_json::Value;
use std::collections::BTreeMap;
use wgflow::data::{AUTOTUNE, Array, Dataset, Element};
use wgflow::function::TensorSpec;
use wgflow::ops::{array, math};
use wgflow::{DType, ErrorKind, IntoTensor, Result, Shape, Tensor};
use wgflow_tests::device::device_under_test;
use wgflow_tests::goldens::directory;

const LIMIT: usize = 40;

/// An array of counting floats.
fn counting(shape: &[usize]) -> Result<Tensor> {
    let n: usize = shape.iter().product();
    array::reshape((0..n).map(|i| i as f32).collect::<Vec<_>>(), Shape::from(shape))
}

fn slices(shape: &[usize]) -> Result<Dataset> {
    Dataset::from_tensor_slices(counting(shape)?)
}

fn pairs(x: &[usize], y: &[usize]) -> Result<Dataset> {
    Dataset::from_tensor_slices((counting(x)?, counting(y)?))
}

fn range(n: i64) -> Dataset {
    Dataset::range(0, n, 1)
}

fn ragged() -> Dataset {
    Dataset::range(1, 5, 1).map(|n: Tensor| array::fill(n.item::<i64>()?, &n))
}

fn repeated(n: Tensor) -> Result<Dataset> {
    Ok(Dataset::from_tensors(&n)?.repeat(n.item::<i64>()?))
}

fn generator(values: &'static [&'static [i32]]) -> Dataset {
    Dataset::from_generator(
        move || values.iter().map(|v| Ok(v.to_vec())),
        TensorSpec::new([None], DType::Int32),
    )
}

fn wrong_generator() -> Dataset {
    let items = || {
        let rows: [Result<Tensor>; 2] = [[1].into_tensor(None), [[2]].into_tensor(None)];
        rows
    };
    Dataset::from_generator(items, TensorSpec::new([None], DType::Int32))
}

/// The pipeline of a name.
fn pipeline(name: &str) -> Result<Dataset> {
    let none = None::<i64>;
    Ok(match name {
        "slices" => slices(&[3, 2])?,
        "slices of a tuple" => pairs(&[3, 2], &[3])?,
        "slices of a map" => Dataset::from_tensor_slices([
            ("b", [1, 2].into_tensor(None)?),
            ("a", [[3.5], [4.5]].into_tensor(None)?),
        ])?,
        "slices of a nest" => Dataset::from_tensor_slices(([("x", [1, 2]), ("y", [3, 4])], [true, false]))?,
        "slices of nothing" => slices(&[0, 2])?,
        "slices, uint8" => Dataset::from_tensor_slices([[0u8, 1], [2, 3], [4, 5]])?,
        "slices, unequal" => pairs(&[3, 2], &[4])?,
        "slices of a scalar" => Dataset::from_tensor_slices(1.0)?,
        "tensors" => Dataset::from_tensors(([1, 2], 3.0))?,
        "range" => range(5),
        "range, steps" => Dataset::range(1, 8, 3),
        "range, down" => Dataset::range(5, -2, -2),
        "range, empty" => Dataset::range(5, 1, 1),
        "range, step 0" => Dataset::range(1, 5, 0),
        "batch" => range(7).batch(3, false),
        "batch, whole" => range(6).batch(3, false),
        "batch, drop_remainder" => range(7).batch(3, true),
        "batch of batches" => range(7).batch(2, false).batch(2, false),
        "batch, drop_remainder, of batches" => range(9).batch(2, true).batch(3, false),
        "batch of slices" => pairs(&[5, 2], &[5])?.batch(2, false),
        "batch of a map" => {
            Dataset::from_tensor_slices([("b", [1, 2, 3]), ("a", [4, 5, 6])])?.batch(2, false)
        }
        "batch of nothing" => slices(&[0, 2])?.batch(2, false),
        "batch 0" => range(7).batch(0, false),
        "batch of unequal shapes" => ragged().batch(2, false),
        "unbatch" => slices(&[2, 3, 2])?.unbatch(),
        "unbatch of batches" => range(7).batch(3, false).unbatch(),
        "unbatch of a tuple" => Dataset::from_tensors(([1, 2, 3], [[4], [5], [6]]))?.unbatch(),
        "unbatch of scalars" => range(3).unbatch(),
        "unbatch, unequal" => Dataset::from_tensors(([1, 2, 3], [4, 5]))?.unbatch(),
        "padded_batch" => ragged().padded_batch(3, None, none, false),
        "padded_batch, shapes" => ragged().padded_batch(2, vec![[6].into()], none, false),
        "padded_batch, values" => ragged().padded_batch(2, vec![[None].into()], Some(-1), false),
        "padded_batch, drop_remainder" => ragged().padded_batch(3, None, none, true),
        "padded_batch, too small" => ragged().padded_batch(2, vec![[2].into()], none, false),
        "padded_batch of two dimensions" => Dataset::range(1, 4, 1)
            .map(|n: Tensor| {
                let i: i64 = n.item()?;
                array::fill([i, 4 - i], &n)
            })
            .padded_batch(3, None, none, false),
        "padded_batch of a tuple" => Dataset::range(1, 4, 1)
            .map(|n: Tensor| {
                let halves = array::fill(n.item::<i64>()?, 0.5)?;
                Ok((n, halves))
            })
            .padded_batch(2, None, Some((9, 7.0)), false),
        "repeat" => range(3).repeat(2),
        "repeat 0" => range(3).repeat(0),
        "repeat, endless" => range(3).repeat(None),
        "repeat, endless, of nothing" => range(0).repeat(-1),
        "repeat, then batch" => range(3).repeat(2).batch(4, false),
        "batch, then repeat" => range(3).batch(2, false).repeat(2),
        "take" => range(5).take(2),
        "take more than there are" => range(5).take(9),
        "take all" => range(5).take(-1),
        "take of endless" => range(3).repeat(None).take(7),
        "skip" => range(5).skip(2),
        "skip more than there are" => range(5).skip(9),
        "skip all" => range(5).skip(-1),
        "shard" => range(10).shard(3, 1),
        "shard, last" => range(10).shard(3, 2),
        "shard, out of range" => range(10).shard(3, 3),
        "shuffle, buffer 1" => range(6).shuffle(1, None, true),
        "shuffle, buffer 0" => range(6).shuffle(0, None, true),
        "shuffle and sort" => range(9)
            .shuffle(4, Some(3), true)
            .batch(9, false)
            .map(|x: Tensor| array::sort(x, -1, array::Direction::Ascending)),
        "map" => range(4).map(|x: Tensor| math::multiply(&x, &x)),
        "map to a tuple" => range(3).map(|x: Tensor| {
            let half = math::divide(math::cast(&x, DType::Float32)?, 2.0)?;
            Ok((x, half))
        }),
        "map to a map" => range(2).map(|x: Tensor| {
            let y = math::add(&x, 1)?;
            Ok([("x", x), ("y", y)])
        }),
        "map of a tuple" => pairs(&[3, 2], &[3])?
            .map(|(x, y): (Tensor, Tensor)| math::add(math::reduce_sum(x, None, false)?, y)),
        "map of batches" => pairs(&[5, 2], &[5])?
            .batch(2, false)
            .map(|(x, y): (Tensor, Tensor)| Ok((math::reduce_sum(x, 1, false)?, y))),
        "map, parallel" => range(30).map_parallel(|x: Tensor| math::multiply(x, 2), 4),
        "map, parallel, AUTOTUNE" => range(9).map_parallel(|x: Tensor| math::multiply(x, 2), AUTOTUNE),
        "filter" => range(9).filter(|x: Tensor| math::equal(math::floormod(x, 3)?, 0)),
        "filter by no bool" => range(9).filter(Ok::<Tensor, wgflow::Error>),
        "filter by no scalar" => range(9).batch(2, false).filter(|x: Tensor| math::greater(x, 2)),
        "take_while" => range(9).take_while(|x: Array| Ok(x.item::<i64>()? < 4)),
        "zip" => Dataset::zip([range(3), slices(&[4, 2])?]),
        "zip with endless" => Dataset::zip([range(3), range(2).repeat(None)]),
        "zip of endless" => Dataset::zip([range(3).repeat(None), range(2).repeat(None)]),
        "enumerate" => slices(&[3, 2])?.enumerate(5),
        "concatenate" => range(2).concatenate(&Dataset::range(7, 9, 1)),
        "concatenate of different sizes" => slices(&[2, 3])?.concatenate(&slices(&[1, 4])?),
        "concatenate of different dtypes" => range(2).concatenate(&slices(&[2])?),
        "concatenate of different structures" => slices(&[2])?.concatenate(&pairs(&[2], &[2])?),
        "concatenate with endless" => range(2).concatenate(&range(2).repeat(None)),
        "cache" => range(4).cache().repeat(2),
        "prefetch" => range(5).prefetch(2),
        "prefetch 0" => range(5).prefetch(0),
        "prefetch, AUTOTUNE" => range(5).batch(2, false).prefetch(AUTOTUNE),
        "prefetch -2" => range(5).prefetch(-2),
        "flat_map" => range(4).flat_map(repeated),
        "flat_map of batches" => slices(&[2, 3])?.flat_map(|x: Tensor| Dataset::from_tensor_slices(x)),
        "interleave" => Dataset::range(1, 6, 1).interleave(repeated, 2, 2),
        "interleave 3" => range(6).interleave(repeated, 3, 1),
        "interleave, wide" => Dataset::range(1, 4, 1).interleave(repeated, 9, 4),
        "interleave, long" => Dataset::range(1, 9, 1).interleave(repeated, 3, 2),
        "interleave, cycle_length 0" => Dataset::range(1, 4, 1).interleave(repeated, 0, 1),
        "generator" => generator(&[&[1], &[2, 3], &[]]),
        "generator of a tuple" => Dataset::from_generator(
            || (0..3).map(|i| Ok((i, [i, i]))),
            (TensorSpec::new((), DType::Int64), TensorSpec::new([2], DType::Float32)),
        ),
        "generator of a wrong shape" => wrong_generator(),
        "generator, twice" => generator(&[&[1], &[2, 3]]).repeat(2),
        "slices, shuffled whole, batched" => {
            slices(&[6])?.shuffle(1, None, true).batch(4, false).map(|x: Tensor| math::add(x, 1.0))
        }
        other => panic!("no pipeline {other:?}"),
    })
}

fn goldens() -> BTreeMap<String, Value> {
    let path = directory().join("tfdata.json");
    let text = std::fs::read(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; make it with tests/goldens/tfdata.py", path.display()));
    let all: Value = serde_json::from_slice(&text).expect("tfdata.json is JSON");
    assert!(all["tensorflow"].as_str().is_some_and(|v| v.starts_with("2.21.")), "of another TensorFlow");
    serde_json::from_value(all["pipelines"].clone()).expect("tfdata.json lists pipelines")
}

/// The kind of error that stands for a Python exception.
fn kind_of(exception: &str) -> ErrorKind {
    match exception {
        "DataLossError" => ErrorKind::DataLoss,
        _ => ErrorKind::InvalidArgument,
    }
}

/// What the pipeline gives: elements up to the first error, and that error or spec and cardinality.
fn run(name: &str) -> (Vec<String>, Result<(String, i64)>) {
    let mut elements = vec![];
    let mut all = || {
        let d = pipeline(name)?;
        for e in d.as_numpy_iterator().take(LIMIT) {
            elements.push(e?.to_string());
        }
        Ok((d.element_spec()?.to_string(), d.cardinality().to_i64()))
    };
    let result = all();
    (elements, result)
}

#[test]
fn pipelines_are_tensorflows() {
    device_under_test();
    let mut problems = vec![];
    for (name, want) in goldens() {
        let (elements, result) = run(&name);
        let wanted: Vec<String> = serde_json::from_value(want["elements"].clone()).expect("elements");
        if elements != wanted {
            problems.push(format!("{name}: wanted {wanted:?}, got {elements:?} {result:?}"));
        }
        match (want["error"].as_str(), result) {
            (Some(e), Err(got)) if got.kind() == kind_of(e) => {
                assert!(got.to_string().contains("Dataset"), "{name}: {got} names no function");
            }
            (None, Ok((spec, n))) if want["spec"] == spec && want["cardinality"] == n => {}
            (_, got) => problems.push(format!("{name}: wanted {want}, got {got:?}")),
        }
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// Errors say what was wrong with which component.
#[test]
fn errors_name_both_shapes() {
    let e = pairs(&[3, 2], &[4]).unwrap_err().to_string();
    assert!(e.contains("dimensions 3 and 4 are not compatible") && e.contains("(3, 2)"), "{e}");
    let e = ragged().batch(2, false).iter().next().unwrap().unwrap_err().to_string();
    assert!(e.contains("component 0") && e.contains("(1,)") && e.contains("(2,)"), "{e}");
    let e = pairs(&[1], &[1]).unwrap().iter().next().unwrap().unwrap().unpack::<Tensor>().unwrap_err();
    assert!(e.to_string().contains("a tuple of 2 items"), "{e}");
    let element: Element = pairs(&[1], &[1]).unwrap().iter().next().unwrap().unwrap();
    assert!(element.get(2).is_err() && element.named("x").is_err() && element.leaf().is_err());
}
