//! `tf.random`: numbers of a key and a counter, by Philox4x32-10 as TensorFlow draws them.

mod drawn;
pub mod host;
mod int;
mod key;
mod multinomial;
mod normal;
mod uniform;

pub use drawn::{StatelessShuffle, StatelessTruncatedNormal, StatelessTruncatedNormalV2};
pub use int::*;
pub use key::{StatelessRandomGetAlg, StatelessRandomGetKeyCounter};
pub use multinomial::StatelessMultinomial;
pub use normal::*;
pub use uniform::*;

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] =
    &[key::OPS, uniform::OPS, int::OPS, normal::OPS, drawn::OPS, multinomial::OPS];
