//! Layers that only change shapes.

use super::super::support::{DataFormat, want_positive, want_rank};
use crate::error::{Error, Result};
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::array;
use crate::shape::Shape;
use crate::tensor::Tensor;

layer! {
    /// One vector for each element of the batch (`keras.layers.Flatten`).
    Flatten() {
        /// Where the channels stand; they are last in the result's order.
        data_format: plain DataFormat = DataFormat::ChannelsLast,
    }
}

impl Layer for Flatten {
    configured!();

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        let Some((&batch, rest)) = x.shape().split_first() else {
            return Err(Error::invalid("Flatten", "inputs", "expected min_ndim=1", "ndim=0"));
        };
        let size: usize = rest.iter().product();
        if self.data_format.channels_first() && x.rank() > 2 {
            let perm: Vec<usize> = std::iter::once(0).chain(2..x.rank()).chain([1]).collect();
            return array::reshape(array::transpose(x, perm)?, [batch, size]);
        }
        array::reshape(x, [batch, size])
    }
}

layer! {
    /// Another shape for each element of the batch (`keras.layers.Reshape`).
    Reshape(
        /// The shape without the batch; one size may be -1.
        target_shape: into Vec<i64>,
    ) {}
}

impl Layer for Reshape {
    configured!();

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        let batch = x.shape().first().copied().unwrap_or(1);
        let size: usize = x.shape().iter().skip(1).product();
        let received = || format!("input shape {} and target_shape {:?}", x.shape(), self.target_shape);
        let open = self.target_shape.iter().filter(|&&d| d == -1).count();
        let known: Option<Vec<usize>> =
            self.target_shape.iter().filter(|&&d| d != -1).map(|&d| usize::try_from(d).ok()).collect();
        let known: usize = match known {
            Some(k) if open <= 1 => k.iter().product(),
            _ => {
                let wanted = "sizes of at least 0, at most one of them -1";
                return Err(Error::invalid("Reshape", "target_shape", wanted, received()));
            }
        };
        // The size that is open follows from those of one element of the batch, not from the batch.
        let rest = if open == 1 { size.checked_div(known).unwrap_or(0) } else { 1 };
        if known * rest != size {
            return Err(Error::invalid(
                "Reshape",
                "target_shape",
                "the number of elements to stay the same",
                received(),
            ));
        }
        let shape: Shape = std::iter::once(batch)
            .chain(self.target_shape.iter().map(|&d| if d == -1 { rest } else { d as usize }))
            .collect();
        array::reshape(x, shape)
    }
}

layer! {
    /// Another order of dimensions (`keras.layers.Permute`).
    Permute(
        /// The dimensions, the first behind the batch being 1.
        dims: into Vec<i64>,
    ) {}
}

impl Layer for Permute {
    configured!(
        with | s | {
            let mut sorted = s.dims.clone();
            sorted.sort_unstable();
            if sorted.iter().copied().eq(1..=s.dims.len() as i64) {
                Ok(())
            } else {
                let received = format!("{:?}", s.dims);
                Err(Error::invalid("Permute", "dims", "each dimension once, from 1 on", received))
            }
        }
    );

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        want_rank("Permute", x, self.dims.len() + 1)?;
        let perm: Vec<i64> = std::iter::once(0).chain(self.dims.iter().copied()).collect();
        array::transpose(x, perm)
    }
}

layer! {
    /// Repeats vectors (`keras.layers.RepeatVector`): input `(batch, features)`, output `(batch, n, features)`.
    RepeatVector(
        /// How often.
        n: plain usize,
    ) {}
}

impl Layer for RepeatVector {
    configured!(with | s | want_positive("RepeatVector", "n", s.n));

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        want_rank("RepeatVector", x, 2)?;
        let shape = [x.shape()[0], self.n, x.shape()[1]];
        array::broadcast_to(array::expand_dims(x, 1)?, shape)
    }
}
