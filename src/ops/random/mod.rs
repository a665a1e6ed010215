//! `tf.random`: numbers of a key and a counter, by Philox4x32-10 as TensorFlow draws them.

mod draw;
mod drawn;
mod gamma;
mod generator;
mod global;
pub mod host;
mod int;
mod key;
mod multinomial;
mod normal;
mod shuffle;
mod skip;
mod stateful;
mod stateless;
mod uniform;

pub use drawn::{StatelessShuffle, StatelessTruncatedNormal, StatelessTruncatedNormalV2};
pub use gamma::{RandomGammaGrad, StatelessRandomGammaV2, StatelessRandomGammaV3};
pub use generator::Generator;
pub(crate) use global::generator_of;
pub use global::*;
pub(crate) use int::seeded_ints;
pub use int::{
    StatelessRandomUniformFullInt, StatelessRandomUniformFullIntV2, StatelessRandomUniformInt,
    StatelessRandomUniformIntV2,
};
pub use key::{StatelessRandomGetAlg, StatelessRandomGetKeyCounter};
pub use multinomial::StatelessMultinomial;
pub use normal::{StatelessRandomNormal, StatelessRandomNormalV2};
pub use stateful::*;
pub use stateless::*;
pub(crate) use uniform::seeded_uniform;
pub use uniform::{StatelessRandomUniform, StatelessRandomUniformV2};

use crate::tensor::Row;

pub(super) const OPS: &[&[Row]] =
    &[key::OPS, uniform::OPS, int::OPS, normal::OPS, drawn::OPS, multinomial::OPS, gamma::OPS, stateful::OPS];
