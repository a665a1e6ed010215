//! Threads of pipelines: order, errors, panics, and their end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use wgflow::data::{AUTOTUNE, Array, Dataset};
use wgflow::ops::math;
use wgflow::{Error, ErrorKind, GradientTape, Tensor, Variable};
use wgflow_tests::device::device_under_test;

fn range(n: i64) -> Dataset {
    Dataset::range(0, n, 1)
}

fn number(e: wgflow::Result<wgflow::data::Element>) -> Result<i64, Error> {
    e?.unpack::<Array>()?.item()
}

/// Counts what is alive.
#[derive(Clone)]
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Alive(count.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// An endless dataset whose passes are counted while they are alive.
fn endless(alive: &Arc<AtomicUsize>) -> Dataset {
    let alive = alive.clone();
    let pass = move || {
        let held = Alive::new(&alive);
        (0i64..).map(move |i| {
            let _ = &held;
            Ok(i)
        })
    };
    Dataset::from_generator(pass, wgflow::function::TensorSpec::new((), wgflow::DType::Int64))
}

#[test]
fn dropped_iterators_end_their_threads() {
    let alive = Arc::new(AtomicUsize::new(0));
    let slow = |x: Tensor| {
        std::thread::sleep(Duration::from_millis(1));
        Ok(x)
    };
    for d in [
        endless(&alive).prefetch(3),
        endless(&alive).map_parallel(slow, 3),
        endless(&alive).map_parallel(slow, 2).batch(2, false).prefetch(2).map(slow).prefetch(AUTOTUNE),
    ] {
        let mut it = d.iter();
        assert!(it.next().is_some_and(|e| e.is_ok()));
        assert_eq!(alive.load(Ordering::SeqCst), 1);
        drop(it);
        assert_eq!(alive.load(Ordering::SeqCst), 0);
        // Not even asked for an element.
        drop(d.iter());
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    }
}

#[test]
fn parallel_maps_keep_the_order_and_run_at_once() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now_, most_) = (now.clone(), most.clone());
    let d = range(40).map_parallel(
        move |x: Array| {
            most_.fetch_max(now_.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // Later elements are ready earlier.
            std::thread::sleep(Duration::from_millis(4 - x.item::<i64>()? as u64 % 4));
            now_.fetch_sub(1, Ordering::SeqCst);
            Ok(x)
        },
        4,
    );
    let got: Vec<i64> = d.iter().map(number).collect::<Result<_, _>>().unwrap();
    assert_eq!(got, (0..40).collect::<Vec<_>>());
    assert!((2..=4).contains(&most.load(Ordering::SeqCst)), "{most:?}");
}

#[test]
fn errors_come_in_their_place_and_iteration_goes_on() {
    let fails = |x: Array| match x.item::<i64>()? {
        3 => Err(Error::new(ErrorKind::NotFound, "mine", "no 3")),
        _ => Ok(x),
    };
    for d in [range(6).map(fails), range(6).map_parallel(fails, 3), range(6).map(fails).prefetch(2)] {
        let got: Vec<Result<i64, Error>> = d.iter().map(number).collect();
        assert_eq!(got.len(), 6);
        assert_eq!(got[3].as_ref().unwrap_err().kind(), ErrorKind::NotFound);
        assert!(got.iter().enumerate().all(|(i, v)| i == 3 || *v == Ok(i as i64)));
        // A batch that an element is missing from is an error, not a smaller batch.
        let batches: Vec<_> = d.batch(2, false).iter().map(|b| b.map(|b| b.to_string())).collect();
        assert!(batches[0].is_ok() && batches[1].is_err(), "{batches:?}");
    }
}

#[test]
fn panics_of_functions_reach_whoever_iterates() {
    let panics = |x: Array| {
        assert!(x.item::<i64>()? != 2, "two");
        Ok(x)
    };
    for d in [range(5).map_parallel(panics, 2), range(5).map(panics).prefetch(1)] {
        let all = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| d.iter().count()));
        let panic = all.expect_err("the panic was lost");
        assert!(panic.downcast_ref::<&str>().is_some_and(|t| *t == "two"));
    }
}

#[test]
fn prefetched_elements_are_on_the_device() {
    let device = device_under_test();
    let x = vec![[1.0; 4]; 6];
    let d = Dataset::from_tensor_slices(x).unwrap().batch(2, false).prefetch(2).take(2);
    for batch in &d {
        let (a, b) = (batch.as_ref().unwrap().tensor().unwrap(), batch.unwrap().tensor().unwrap());
        // One upload, not two.
        assert_eq!(a.id(), b.id());
        assert!(a.device().ends_with(&device), "{} {device}", a.device());
    }
}

/// Functions of a pipeline are no part of what the loop around it does.
#[test]
fn tapes_and_traces_do_not_see_functions() {
    device_under_test();
    let v = Variable::new(2.0).unwrap();
    let v_ = v.clone();
    let d = Dataset::from_tensor_slices([1.0, 2.0]).unwrap().map(move |x: Tensor| math::multiply(x, &v_));
    let tape = GradientTape::new();
    let x: Tensor = d.iter().next().unwrap().unwrap().unpack().unwrap();
    let y = math::multiply(&x, 3.0).unwrap();
    assert!(tape.gradient(&y, &v).unwrap().is_none());
    let traced = wgflow::function::function(move |_| {
        let sum = d.reduce(0.0, |s, x: Array| Ok(s + x.item::<f32>()?))?;
        math::multiply(sum, 1.0)
    });
    assert_eq!(traced.call([0.0]).unwrap().item::<f32>().unwrap(), 6.0);
}
