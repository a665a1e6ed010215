//! TensorArray by itself; in programs it stands in `programs`.

use super::constant;
use wgflow::{DType, ErrorKind, Result, Tensor, TensorArray, add, function, less, reduce_sum, while_loop};
use wgflow_tests::device::device_under_test;

fn array(n: usize) -> TensorArray {
    TensorArray::new(DType::Float32, n)
}

#[test]
fn writes_leave_the_old_array() -> Result<()> {
    device_under_test();
    let empty = array(2);
    let one = empty.write(0, [1.0, 2.0])?;
    let two = one.write(1, [3.0, 4.0])?;
    assert_eq!(two.stack()?.to_vec::<f32>()?, [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(one.read(1)?.to_vec::<f32>()?, [0.0, 0.0], "not written: zeros of the known shape");
    assert_eq!(two.concat()?.shape()[..], [4]);
    assert_eq!(two.gather([1, 0, 1])?.shape()[..], [3, 2]);
    assert_eq!(empty.read(0).expect_err("no shape").kind(), ErrorKind::InvalidArgument);
    assert_eq!(array(0).dynamic_size(true).write(4, 1.0)?.size()?.item::<i32>()?, 5);
    Ok(())
}

#[test]
fn what_does_not_fit_is_refused() -> Result<()> {
    device_under_test();
    let ta = array(2).write(0, [1.0, 2.0])?;
    let kinds = [
        (ta.write(2, [1.0, 2.0]).err(), ErrorKind::OutOfRange),
        (ta.write(-1, [1.0, 2.0]).err(), ErrorKind::OutOfRange),
        (ta.read(2).err(), ErrorKind::OutOfRange),
        (ta.write(1, [1.0]).err(), ErrorKind::InvalidArgument),
        (ta.write(1, constant([1, 2])?).err(), ErrorKind::InvalidArgument),
        (ta.write([0], [1.0, 2.0]).err(), ErrorKind::InvalidArgument),
        (array(1).unstack([[1.0], [2.0]]).err(), ErrorKind::InvalidArgument),
        (array(3).split([1.0, 2.0, 3.0], &[1, 1]).err(), ErrorKind::InvalidArgument),
        (array(2).scatter([0, 1], [[1.0]]).err(), ErrorKind::InvalidArgument),
    ];
    for (k, (e, kind)) in kinds.into_iter().enumerate() {
        let e = e.unwrap_or_else(|| panic!("number {k} was not refused"));
        assert_eq!(e.kind(), kind, "number {k}: {e}");
    }
    Ok(())
}

#[test]
fn an_index_beyond_the_end_is_told_when_the_graph_runs() -> Result<()> {
    device_under_test();
    let f = function(|x: &[Tensor]| array(3).element_shape(()).write(&x[0], 7.0)?.stack());
    assert_eq!(f.call(constant(2)?)?.to_vec::<f32>()?, [0.0, 0.0, 7.0]);
    let e = f.call(constant(3)?).and_then(|y| y.to_vec::<f32>()).expect_err("beyond the end");
    assert!(e.to_string().contains("TensorArray.write"), "{e}");
    Ok(())
}

#[test]
fn a_growing_array_needs_to_know_how_far() -> Result<()> {
    device_under_test();
    let grow = |limit: Option<usize>| {
        function(move |x: &[Tensor]| {
            let body =
                |(i, x, ta): &(Tensor, Tensor, TensorArray)| Ok((add(i, 1)?, add(x, x)?, ta.write(i, x)?));
            let start = (constant(0)?, x[0].clone(), array(0).dynamic_size(true));
            let small = |x: &Tensor| less(reduce_sum(x, None, false)?, 10.0);
            while_loop(|(_, x, _)| small(x), body, start, limit)?.2.stack()
        })
    };
    let e = grow(None).call(constant([1.0])?).expect_err("as many trips as values say");
    assert!(e.kind() == ErrorKind::InvalidArgument && e.to_string().contains("maximum_iterations"), "{e}");
    let y = grow(Some(6)).call(constant([1.0])?)?;
    assert_eq!(y.to_vec::<f32>()?, [1.0, 2.0, 4.0, 8.0, 0.0, 0.0], "zeros where no trip wrote");
    Ok(())
}
