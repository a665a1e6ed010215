//! Chains of transformations drawn at random, against the same on plain vectors.

use proptest::prelude::*;
use wgflow::data::{AUTOTUNE, Cardinality, Dataset, Element};
use wgflow::ops::math;
use wgflow::{Result, Tensor};
use wgflow_tests::device::device_under_test;

/// One transformation.
#[derive(Clone, Debug)]
enum Step {
    Take(i64),
    Skip(i64),
    Repeat(i64),
    Shard(usize, usize),
    Batch(usize, bool),
    Unbatch,
    Double,
    DoubleParallel,
    KeepEven,
    ConcatenateSelf,
    Cache,
    Prefetch(i64),
    ShuffleOne,
    FlatMap(i64),
    Interleave,
}

/// What a step does to plain values. An element is its numbers and how many dimensions it has; `None` where a dataset refuses.
fn model(items: Vec<Item>, step: &Step) -> Option<Vec<Item>> {
    let up_to = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
    Some(match step {
        Step::Take(n) => items.into_iter().take(up_to(*n)).collect(),
        Step::Skip(n) => items.into_iter().skip(up_to(*n)).collect(),
        Step::Repeat(n) => (0..*n).flat_map(|_| items.clone()).collect(),
        Step::Shard(n, k) => items.into_iter().skip(*k).step_by(*n).collect(),
        Step::Batch(n, drop) => {
            let whole = |group: &&[Item]| group.len() == *n || !drop;
            items.chunks(*n).filter(whole).map(Item::stacked).collect::<Option<_>>()?
        }
        Step::Unbatch => items.iter().flat_map(Item::rows).collect(),
        Step::Double | Step::DoubleParallel => items.into_iter().map(|i| i.map(|v| 2 * v)).collect(),
        Step::KeepEven => items.into_iter().filter(|i| i.values.iter().sum::<i64>() % 2 == 0).collect(),
        Step::ConcatenateSelf => items.iter().chain(&items).cloned().collect(),
        Step::Cache | Step::Prefetch(_) | Step::ShuffleOne => items,
        Step::FlatMap(n) => items.iter().flat_map(|i| (0..*n).map(|_| i.clone())).collect(),
        // Two at a time, one element each in turn: an element and its double.
        Step::Interleave => {
            let pair = |i: &Item| [i.clone(), i.clone().map(|v| 2 * v)];
            let turns = |two: &[Item]| {
                let pairs: Vec<[Item; 2]> = two.iter().map(pair).collect();
                (0..2)
                    .flat_map(|turn| pairs.iter().map(move |p| p[turn].clone()).collect::<Vec<_>>())
                    .collect::<Vec<_>>()
            };
            items.chunks(2).flat_map(turns).collect()
        }
    })
}

#[derive(Clone, Debug, PartialEq)]
struct Item {
    shape: Vec<usize>,
    values: Vec<i64>,
}

impl Item {
    fn map(mut self, f: impl Fn(i64) -> i64) -> Item {
        self.values.iter_mut().for_each(|v| *v = f(*v));
        self
    }

    fn stacked(items: &[Item]) -> Option<Item> {
        let shape = [&[items.len()][..], &items[0].shape].concat();
        let alike = items.iter().all(|i| i.shape == items[0].shape);
        alike.then(|| Item { shape, values: items.iter().flat_map(|i| i.values.clone()).collect() })
    }

    fn rows(&self) -> Vec<Item> {
        let width: usize = self.shape[1..].iter().product();
        let row = |values: &[i64]| Item { shape: self.shape[1..].to_vec(), values: values.to_vec() };
        self.values.chunks(width.max(1)).map(row).collect()
    }
}

fn apply(d: &Dataset, step: &Step) -> Dataset {
    let double = |x: Tensor| math::multiply(&x, 2);
    match *step {
        Step::Take(n) => d.take(n),
        Step::Skip(n) => d.skip(n),
        Step::Repeat(n) => d.repeat(n),
        Step::Shard(n, k) => d.shard(n, k),
        Step::Batch(n, drop) => d.batch(n, drop),
        Step::Unbatch => d.unbatch(),
        Step::Double => d.map(double),
        Step::DoubleParallel => d.map_parallel(double, 3),
        Step::KeepEven => {
            d.filter(|x: Tensor| math::equal(math::floormod(math::reduce_sum(&x, None, false)?, 2)?, 0))
        }
        Step::ConcatenateSelf => d.concatenate(d),
        Step::Cache => d.cache(),
        Step::Prefetch(n) => d.prefetch(n),
        Step::ShuffleOne => d.shuffle(1, None, true),
        Step::FlatMap(n) => d.flat_map(move |x: Tensor| Ok(Dataset::from_tensors(x)?.repeat(n))),
        Step::Interleave => {
            let pair = move |x: Tensor| {
                Ok(Dataset::from_tensors(&x)?.concatenate(&Dataset::from_tensors(double(x)?)?))
            };
            d.interleave(pair, 2, 1)
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (-1i64..8).prop_map(Step::Take),
        (0i64..5).prop_map(Step::Skip),
        (0i64..3).prop_map(Step::Repeat),
        (1usize..4).prop_flat_map(|n| (Just(n), 0..n)).prop_map(|(n, k)| Step::Shard(n, k)),
        (1usize..5, any::<bool>()).prop_map(|(n, drop)| Step::Batch(n, drop)),
        Just(Step::Unbatch),
        Just(Step::Double),
        Just(Step::DoubleParallel),
        Just(Step::KeepEven),
        Just(Step::ConcatenateSelf),
        Just(Step::Cache),
        (0i64..3).prop_map(Step::Prefetch),
        Just(Step::Prefetch(AUTOTUNE)),
        Just(Step::ShuffleOne),
        (0i64..3).prop_map(Step::FlatMap),
        Just(Step::Interleave),
    ];
    prop::collection::vec(step, 0..7)
}

fn item(e: Element) -> Result<Item> {
    let array = e.leaf()?;
    Ok(Item { shape: array.shape().to_vec(), values: array.to_vec()? })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chains_do_what_they_do_to_vectors(n in 0usize..9, sliced: bool, steps in steps()) {
        device_under_test();
        let scalars = |v: i64| Item { shape: vec![], values: vec![v] };
        let mut wanted = Some((0..n as i64).map(scalars).collect::<Vec<_>>());
        let mut d = match sliced {
            true => Dataset::from_tensor_slices((0..n as i64).collect::<Vec<i64>>()).unwrap(),
            false => Dataset::range(0, n as i64, 1),
        };
        let mut rank = 0;
        for step in &steps {
            match step {
                Step::Batch(..) => rank += 1,
                Step::Unbatch if rank == 0 => continue,
                Step::Unbatch => rank -= 1,
                _ => {}
            }
            d = apply(&d, step);
            wanted = wanted.and_then(|items| model(items, step));
        }
        let got: Result<Vec<Item>> = d.iter().map(|e| item(e?)).collect();
        let Some(wanted) = wanted else {
            // Batches of unequal elements, which are an error if anybody asks for them.
            return Ok(());
        };
        let got = got.unwrap_or_else(|e| panic!("{d:?}: {e}"));
        prop_assert_eq!(&got, &wanted);
        if let Cardinality::Finite(n) = d.cardinality() {
            prop_assert_eq!(n, wanted.len() as u64);
        }
        let spec = d.element_spec().unwrap();
        for i in &got {
            let known = spec.leaf().unwrap();
            prop_assert!(known.shape.accepts(&i.shape), "{spec} {i:?}");
        }
        // A second pass is the same.
        let again = d.iter().map(|e| item(e?)).collect::<Result<Vec<Item>>>().unwrap();
        prop_assert_eq!(again, wanted);
    }
}
