//! Vectors for integers.

use super::super::support::want_positive;
use crate::dtype::DType;
use crate::error::Result;
use crate::keras::base::{
    Call, ConstraintArg, InitializerArg, Layer, RegularizerArg, WeightSpec, configured, layer,
};
use crate::ops::{array, math};
use crate::tensor::Tensor;

layer! {
    /// Gives each integer a vector that is learnt (`keras.layers.Embedding`).
    ///
    /// Input integers below `input_dim`, output the same shape with a dimension of `output_dim` behind. Weight: `embeddings`
    /// `(input_dim, output_dim)`. With `mask_zero`, 0 stands for nothing, and the output has a mask that says so.
    Embedding(
        /// How many integers there are.
        input_dim: plain usize,
        /// Size of the vectors.
        output_dim: plain usize,
    ) {
        /// First value of the vectors.
        embeddings_initializer: into InitializerArg = "uniform",
        /// Penalty on the vectors.
        embeddings_regularizer: maybe RegularizerArg,
        /// What the vectors must satisfy.
        embeddings_constraint: maybe ConstraintArg,
        /// Whether 0 stands for nothing.
        mask_zero: plain bool = false,
    } fixed { quantization_config: null }
}

impl Layer for Embedding {
    configured!(
        with | s
            | want_positive("Embedding", "input_dim", s.input_dim).and_then(|()| want_positive(
                "Embedding",
                "output_dim",
                s.output_dim
            ))
    );

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let embeddings = c.weight_with(WeightSpec::of(
            "embeddings",
            [self.input_dim, self.output_dim],
            &self.embeddings_initializer,
            &self.embeddings_regularizer,
            &self.embeddings_constraint,
        ))?;
        let indices = if x.dtype().is_int() { x.clone() } else { x.cast(DType::Int32)? };
        array::gather(&embeddings, indices, 0, 0)
    }

    fn supports_masking(&self) -> bool {
        self.mask_zero
    }

    fn compute_mask(&self, _: &mut Call, xs: &[Tensor], _: Option<&Tensor>) -> Result<Option<Tensor>> {
        xs.first().map(|x| math::not_equal(x, 0)).transpose()
    }
}
