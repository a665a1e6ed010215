//! Branches that cost: the one that is not taken costs nothing, and results, derivatives and effects are as ever.

use super::constant;
use wgflow::ops::{array, linalg};
use wgflow::{
    DType, GradientTape, Result, Tensor, Variable, add, capture_prints, cond, config, function, greater,
    less, multiply, print, random, reduce_mean, reduce_sum, switch_case, tanh, while_loop,
};
use wgflow_tests::device::device_under_test;

const N: usize = 192;

fn square() -> Result<Tensor> {
    random::stateless_uniform([N, N], [1, 2], -0.1, 0.1, DType::Float32)
}

/// Products that cost more than a look at a number.
fn heavy(x: &Tensor, w: &Tensor) -> Result<Tensor> {
    let mut y = x.clone();
    for _ in 0..3 {
        y = tanh(linalg::matmul(&y, w)?)?;
    }
    Ok(y)
}

/// Sums of many products may differ by their order.
fn close(got: &Tensor, wanted: &Tensor) -> Result<()> {
    assert_eq!(got.shape(), wanted.shape());
    let (got, wanted) = (got.to_vec::<f32>()?, wanted.to_vec::<f32>()?);
    let largest = wanted.iter().fold(0.0f32, |a, w| a.max(w.abs()));
    for (g, w) in got.iter().zip(&wanted) {
        assert!((g - w).abs() <= 1e-4 * largest, "wanted {w}, got {g}");
    }
    Ok(())
}

/// Launches and bytes read of a call that was made before.
fn cost(f: &dyn Fn() -> Result<Tensor>) -> Result<(u64, u64)> {
    f()?.to_vec::<f32>()?;
    let device = config::current_device()?;
    let before = device.stats();
    f()?.to_vec::<f32>()?;
    let after = device.stats();
    Ok((after.dispatches - before.dispatches, after.bytes_read - before.bytes_read))
}

#[test]
fn a_branch_that_is_not_taken_costs_nothing() -> Result<()> {
    device_under_test();
    let f = function(|a: &[Tensor]| {
        let y = cond(&a[0], || heavy(&a[1], &a[2]), || multiply(&a[1], 2.0))?;
        reduce_mean(y, None, false)
    });
    let (x, w) = (square()?, square()?);
    let call = |taken: bool| f.call([&constant(taken)?, &x, &w]);
    close(&call(true)?, &reduce_mean(heavy(&x, &w)?, None, false)?)?;
    close(&call(false)?, &reduce_mean(multiply(&x, 2.0)?, None, false)?)?;
    let (taken, not) = (cost(&|| call(true))?, cost(&|| call(false))?);
    assert!(not.0 + 2 <= taken.0, "{} launches with the products, {} without", taken.0, not.0);

    // What is not worth a look is computed: nothing is read but the result.
    let light = function(|a: &[Tensor]| cond(&a[0], || tanh(&a[1]), || multiply(&a[1], 2.0)));
    let small = constant([1.0, 2.0, 3.0])?;
    let call = |taken: bool| light.call([&constant(taken)?, &small]);
    assert_eq!(cost(&|| call(true))?.0, cost(&|| call(false))?.0);
    close(&call(true)?, &tanh(&small)?)
}

/// Values and derivatives, of the first and second order, are those without a choice.
#[test]
fn derivatives_are_those_of_the_branch() -> Result<()> {
    device_under_test();
    let (x, w) = (square()?, multiply(square()?, 3.0)?);
    let light = |x: &Tensor, w: &Tensor| multiply(multiply(x, x)?, w);
    let f = function(move |a: &[Tensor]| {
        let (x, w) = (&a[1], &a[2]);
        switch_case(&a[0], &[&|| heavy(x, w), &|| light(x, w)], Some(&|| Ok(x.clone())))
    });
    let derivatives = |f: &dyn Fn(&Tensor, &Tensor) -> Result<Tensor>| -> Result<Vec<Option<Tensor>>> {
        let outer = GradientTape::new();
        outer.watch(&x);
        let inner = GradientTape::new();
        inner.watch(&x);
        inner.watch(&w);
        let y = f(&x, &w)?;
        let loss = reduce_sum(multiply(&y, &y)?, None, false)?;
        let (dx, dw) = inner.gradient(&loss, (&x, &w))?;
        let second = match &dx {
            Some(dx) => outer.gradient(&reduce_sum(multiply(dx, dx)?, None, false)?, &x)?,
            None => None,
        };
        Ok(vec![Some(y), dx, dw, second])
    };
    let zeros = array::zeros([N, N], DType::Float32)?;
    type Branch<'a> = &'a dyn Fn(&Tensor, &Tensor) -> Result<Tensor>;
    let plain: [Branch<'_>; 3] = [&heavy, &light, &|x, _| Ok(x.clone())];
    for (k, plain) in plain.iter().enumerate() {
        let index = constant(k as i32)?;
        let found = derivatives(&|x, w| f.call([&index, x, w]))?;
        for (got, wanted) in found.iter().zip(derivatives(plain)?) {
            close(got.as_ref().unwrap_or(&zeros), wanted.as_ref().unwrap_or(&zeros))?;
        }
    }
    Ok(())
}

/// What branches return as it is, or twice.
#[test]
fn branches_return_what_they_are_given() -> Result<()> {
    device_under_test();
    let f = function(|a: &[Tensor]| {
        let (x, w) = (&a[1], &a[2]);
        let both = || {
            let y = heavy(x, w)?;
            Ok((y.clone(), y))
        };
        cond(&a[0], both, || Ok((w.clone(), x.clone())))
    });
    let (x, w) = (square()?, multiply(square()?, 2.0)?);
    let (a, b) = f.call([&constant(false)?, &x, &w])?;
    assert_eq!((a.to_vec::<f32>()?, b.to_vec::<f32>()?), (w.to_vec::<f32>()?, x.to_vec::<f32>()?));
    let (a, b) = f.call([&constant(true)?, &x, &w])?;
    close(&a, &heavy(&x, &w)?)?;
    assert_eq!(a.to_vec::<f32>()?, b.to_vec::<f32>()?);
    Ok(())
}

/// Effects of the branch taken alone, in their order; also where a loop chooses anew each trip, and where its number of steps is fixed.
#[test]
fn effects_are_those_of_the_branches_taken() -> Result<()> {
    device_under_test();
    let seen = Variable::new(0.0)?;
    for bound in [None, Some(4)] {
        seen.assign(0.0)?;
        let held = seen.clone();
        let f = function(move |a: &[Tensor]| {
            let body = |(i, h): &(Tensor, Tensor)| {
                let odd = || {
                    print(&[&"heavy", i])?;
                    held.assign_add(1.0)?;
                    heavy(h, &a[1])
                };
                let even = || {
                    print(&[&"light", i])?;
                    multiply(h, 3.0)
                };
                Ok((add(i, 1)?, cond(greater(wgflow::math::floormod(i, 2)?, 0)?, odd, even)?))
            };
            print(&[&"before"])?;
            let goes_on = |(i, h): &(Tensor, Tensor)| match bound {
                Some(n) => less(i, n),
                // Known only as it runs.
                None => less(
                    add(reduce_sum(multiply(h, 0.0)?, None, false)?, wgflow::cast(i, DType::Float32)?)?,
                    4.0,
                ),
            };
            let (_, h) = while_loop(goes_on, body, (constant(0)?, a[0].clone()), None)?;
            print(&[&"after"])?;
            Ok(h)
        });
        let (x, w) = (square()?, square()?);
        let mut wanted = x.clone();
        for _ in 0..2 {
            wanted = heavy(&multiply(&wanted, 3.0)?, &w)?;
        }
        let (found, text) = capture_prints(|| f.call([&x, &w]).and_then(|y| y.to_vec::<f32>().map(|_| y)));
        close(&found?, &wanted)?;
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(words.join(" "), "before light 0 heavy 1 light 2 heavy 3 after");
        assert_eq!(seen.value()?.item::<f32>()?, 2.0);
    }
    Ok(())
}
