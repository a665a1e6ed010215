//! Generators: streams that go on, outside of traces and inside.

use super::close;
use wgflow::function::function;
use wgflow::ops::nn;
use wgflow::ops::random::{self, Generator};
use wgflow::{DType, Result, Tensor};
use wgflow_tests::GLOBAL_STREAMS;
use wgflow_tests::device::device_under_test;

fn draw(g: &Generator) -> Result<Vec<f32>> {
    g.uniform([3], 0.0, 1.0, DType::Float32)?.to_vec()
}

#[test]
fn a_stream_goes_on_and_can_be_resumed() -> Result<()> {
    device_under_test();
    let g = Generator::from_seed(42)?;
    let first = draw(&g)?;
    let state = g.state()?;
    let (second, third) = (draw(&g)?, draw(&g)?);
    assert!(first != second && second != third);
    let resumed = Generator::from_state(&state)?;
    assert_eq!((draw(&resumed)?, draw(&resumed)?), (second.clone(), third));
    g.reset_from_seed(42)?;
    assert_eq!(draw(&g)?, first);
    g.reset(&state)?;
    assert_eq!(draw(&g.clone())?, second, "clones share the stream");
    let skipped = Generator::from_seed(42)?;
    skipped.skip(3)?;
    assert_eq!(draw(&skipped)?, second);
    assert!(Generator::from_state([1u32, 2, 3]).is_err());
    Ok(())
}

#[test]
fn what_it_draws_has_the_asked_form() -> Result<()> {
    device_under_test();
    let g = Generator::from_seed(7)?;
    let ints = g.uniform([40], -3, 4, DType::Int32)?.to_vec::<i32>()?;
    assert!(ints.iter().all(|v| (-3..4).contains(v)) && ints.contains(&-3) && ints.contains(&3));
    assert!(
        g.truncated_normal([100], 5.0, 0.5, DType::Float32)?
            .to_vec::<f32>()?
            .iter()
            .all(|v| (v - 5.0).abs() < 1.0)
    );
    assert_eq!(&g.normal([2, 3], 0.0, 1.0, DType::Float16)?.shape()[..], [2, 3]);
    assert_eq!(g.categorical([[0.0, 50.0]], 5, DType::Int32)?.to_vec::<i32>()?, [1; 5]);
    assert!(g.gamma([4, 2], [0.5, 3.0], 1.0, DType::Float32)?.to_vec::<f32>()?.iter().all(|v| *v > 0.0));
    let mut order = g.shuffle((0..30).collect::<Vec<i32>>())?.to_vec::<i32>()?;
    assert_ne!(order, (0..30).collect::<Vec<_>>());
    order.sort_unstable();
    assert_eq!(order, (0..30).collect::<Vec<_>>());
    let seeds = g.make_seeds(3)?;
    assert_eq!((&seeds.shape()[..], seeds.dtype()), (&[2, 3][..], DType::Int32));
    let parts = g.split(2)?;
    assert_ne!(draw(&parts[0])?, draw(&parts[1])?);
    Ok(())
}

#[test]
fn a_traced_draw_moves_on_with_each_call() -> Result<()> {
    device_under_test();
    let (g, twin) = (Generator::from_seed(11)?, Generator::from_seed(11)?);
    let own = g.clone();
    let draws = function(move |_: &[Tensor]| {
        let a = own.uniform([3], 0.0, 1.0, DType::Float32)?;
        let b = own.normal([2], 0.0, 1.0, DType::Float32)?;
        Ok((a, b))
    });
    for _ in 0..3 {
        let (a, b) = draws.call(())?;
        assert_eq!(a.to_vec::<f32>()?, draw(&twin)?);
        close(&b.to_vec::<f32>()?, &twin.normal([2], 0.0, 1.0, DType::Float32)?.to_vec::<f32>()?, 1e-6);
    }
    assert_eq!(draws.traces(), 1);
    assert_eq!(g.state()?.to_vec::<u32>()?, twin.state()?.to_vec::<u32>()?);
    Ok(())
}

#[test]
fn every_draw_of_a_trace_is_its_own() -> Result<()> {
    device_under_test();
    let g = Generator::from_seed(12)?;
    let own = g.clone();
    let f = function(move |_: &[Tensor]| {
        let x = nn::stateless_dropout(vec![1.0f32; 50], 0.5, own.make_seeds(1)?.squeeze(1)?, None)?;
        Ok((
            x,
            own.shuffle((0..20).collect::<Vec<i32>>())?,
            own.truncated_normal([6], 0.0, 1.0, DType::Float32)?,
        ))
    });
    let ((a, b, c), (d, e, f)) = (f.call(())?, f.call(())?);
    assert_ne!(a.to_vec::<f32>()?, d.to_vec::<f32>()?);
    assert_ne!(b.to_vec::<i32>()?, e.to_vec::<i32>()?);
    assert_ne!(c.to_vec::<f32>()?, f.to_vec::<f32>()?);
    Ok(())
}

#[test]
fn set_seed_starts_the_global_streams_anew() -> Result<()> {
    device_under_test();
    let _turn = GLOBAL_STREAMS.lock();
    let all = || -> Result<Vec<Vec<f32>>> {
        let uniform = |seed| random::uniform([4], 0.0, 1.0, DType::Float32, seed)?.to_vec::<f32>();
        Ok(vec![
            uniform(None)?,
            uniform(Some(1))?,
            uniform(Some(1))?,
            uniform(Some(2))?,
            random::normal([3], 0.0, 1.0, DType::Float32, None)?.to_vec()?,
            random::truncated_normal([3], 0.0, 1.0, DType::Float32, None)?.to_vec()?,
            random::gamma([2], [0.5, 1.5], 1.0, DType::Float32, None)?.to_vec()?,
            random::shuffle([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], None)?.to_vec()?,
            nn::dropout([1.0; 20], 0.5, None, Some(3))?.to_vec()?,
        ])
    };
    random::set_seed(5)?;
    let first = all()?;
    let second = all()?;
    for i in 0..first.len() {
        assert_ne!(first[i], second[i], "stream {i} went on");
    }
    assert!(first[1] != first[2] && first[1] != first[3]);
    random::set_seed(5)?;
    assert_eq!(all()?, first);
    random::set_seed(6)?;
    assert_ne!(all()?[0], first[0]);
    assert_ne!(all()?[1], first[1]);
    // Without a seed of its own a call draws what a generator of the same seed draws.
    random::set_seed(9)?;
    let drawn = random::uniform([3], 0.0, 1.0, DType::Float32, None)?.to_vec::<f32>()?;
    assert_eq!(drawn, draw(&Generator::from_seed(9)?)?);
    let own = Generator::from_seed(1)?;
    random::set_global_generator(&own);
    let expected = draw(&Generator::from_seed(1)?)?;
    assert_eq!(random::uniform([3], 0.0, 1.0, DType::Float32, None)?.to_vec::<f32>()?, expected);
    Ok(())
}

/// A function that was traced before holds the variables: a new seed reaches it too.
#[test]
fn set_seed_reaches_traced_functions() -> Result<()> {
    device_under_test();
    let _turn = GLOBAL_STREAMS.lock();
    random::set_seed(5)?;
    let f = function(|_: &[Tensor]| {
        let uniform = |seed| random::uniform([3], 0.0, 1.0, DType::Float32, seed);
        Ok((uniform(None)?, uniform(Some(4))?))
    });
    let values = || -> Result<[Vec<f32>; 2]> {
        let (a, b) = f.call(())?;
        Ok([a.to_vec()?, b.to_vec()?])
    };
    let first = values()?;
    assert_ne!(values()?, first);
    random::set_seed(5)?;
    assert_eq!(values()?, first);
    assert_eq!(f.traces(), 1);
    Ok(())
}
