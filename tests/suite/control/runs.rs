//! How loops run: what the host must look at, and what a loop without an end inside of a branch does.

use super::constant;
use wgflow::hlo::Prim;
use wgflow::ops::array;
use wgflow::{
    DType, Result, Tensor, Variable, add, cond, config, function, greater, less, multiply, reduce_sum,
    subtract, while_loop,
};
use wgflow_tests::device::device_under_test;

fn names(f: &wgflow::function::ConcreteFunction) -> Vec<&str> {
    f.graph().insts().iter().map(|i| i.prim.name()).collect()
}

#[test]
fn loops_over_known_integers_have_a_fixed_length() -> Result<()> {
    device_under_test();
    let f = function(|x: &[Tensor]| {
        let step = |(i, j, x): &(Tensor, Tensor, Tensor)| Ok((add(i, j)?, add(j, 1)?, multiply(x, 2.0)?));
        let start = (constant(0)?, constant(1)?, x[0].clone());
        // 0, 1, 3, 6, 10: four trips.
        Ok(while_loop(|(i, ..)| less(i, 10), step, start, None)?.2)
    });
    let concrete = f.get_concrete_function(constant([1.0])?)?;
    let trips: Vec<usize> = concrete
        .graph()
        .insts()
        .iter()
        .filter_map(|i| if let Prim::Scan(s) = &i.prim { Some(s.trips) } else { None })
        .collect();
    assert_eq!(trips, [4]);
    assert!(!names(&concrete).contains(&"while"));
    assert_eq!(f.call(constant([1.0])?)?.to_vec::<f32>()?, [16.0]);
    Ok(())
}

#[test]
fn the_host_looks_seldom() -> Result<()> {
    device_under_test();
    let f = function(|x: &[Tensor]| {
        let sum = |x: &Tensor| reduce_sum(x, None, false);
        while_loop(|x| less(sum(x)?, 1000.0), |x: &Tensor| add(x, 1.0), x[0].clone(), None)
    });
    let x = array::zeros([4], DType::Float32)?;
    assert!(names(&*f.get_concrete_function(&x)?).contains(&"while"));
    f.call(&x)?.to_vec::<f32>()?;
    let device = config::current_device()?;
    let before = device.stats().bytes_read;
    assert_eq!(f.call(&x)?.to_vec::<f32>()?, [250.0; 4]);
    // Each look reads one bool, the result is four floats.
    let looks = (device.stats().bytes_read - before - 16) / 4;
    // Trips between looks: 4, 8, 16, 32, then 64. The CPU device looks every time, which costs nothing.
    if device.gpu().is_ok() {
        assert!((1..=8).contains(&looks), "{looks} looks for 250 trips");
    }
    Ok(())
}

#[test]
fn a_loop_in_a_branch_that_is_not_taken_does_not_run() -> Result<()> {
    device_under_test();
    let seen = Variable::named(0.0, "seen", false)?;
    let held = seen.clone();
    let f = function(move |x: &[Tensor]| {
        let sum = reduce_sum(&x[0], None, false)?;
        let ends = || {
            let body = |x: &Tensor| {
                held.assign(add(&held, 1.0)?)?;
                subtract(x, 1.0)
            };
            while_loop(|x| greater(reduce_sum(x, None, false)?, 0.0), body, x[0].clone(), None)
        };
        // Without an end where the sum is not positive.
        let endless = || while_loop(|_| greater(1.0, &sum), |x: &Tensor| add(x, 1.0), x[0].clone(), None);
        cond(&greater(&sum, 0.0)?, ends, || cond(&greater(&sum, -1.0)?, endless, || Ok(x[0].clone())))
    });
    assert_eq!(f.call(constant([2.0, 3.0])?)?.to_vec::<f32>()?, [-1.0, 0.0]);
    assert_eq!(seen.value()?.item::<f32>()?, 3.0);
    assert_eq!(f.call(constant([-2.0, -3.0])?)?.to_vec::<f32>()?, [-2.0, -3.0]);
    assert_eq!(seen.value()?.item::<f32>()?, 3.0);
    Ok(())
}

#[test]
fn loops_of_large_values_and_many_trips() -> Result<()> {
    device_under_test();
    // Too large to choose between old and new: the host looks each trip.
    let f = function(|x: &[Tensor]| {
        let first = |x: &Tensor| array::gather(x, 0, 0, 0);
        while_loop(|x| less(first(x)?, 5.0), |x: &Tensor| add(x, 1.0), x[0].clone(), None)
    });
    let y = f.call(array::zeros([100_000], DType::Float32)?)?;
    assert_eq!(reduce_sum(&y, None, false)?.item::<f32>()?, 500_000.0);
    // More trips than are counted ahead.
    let f = function(|x: &[Tensor]| {
        let step = |(i, x): &(Tensor, Tensor)| Ok((add(i, 1)?, add(x, 1.0)?));
        Ok(while_loop(|(i, _)| less(i, 10_050), step, (constant(0)?, x[0].clone()), None)?.1)
    });
    assert_eq!(f.call(constant([0.0])?)?.to_vec::<f32>()?, [10_050.0]);
    Ok(())
}
