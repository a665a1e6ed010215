//! Activation functions and the derivatives that graphs name.

pub(super) mod exponential;
pub(super) mod parametric;
pub(super) mod relu;
pub(super) mod smooth;

pub use exponential::*;
pub use parametric::*;
pub use relu::*;
pub use smooth::*;

/// Declares the function of an activation without attributes.
macro_rules! activation {
    ($(#[doc = $doc:literal])+ $f:ident, $name:ident, $api:literal) => {
        $(#[doc = $doc])+
        #[doc = ""]
        #[doc = concat!("TensorFlow: `", $api, "`. The result has the shape and dtype of `features`.")]
        ///
        /// # Errors
        /// `InvalidArgument` for a dtype that the function is not defined on.
        pub fn $f(features: impl crate::IntoTensor) -> crate::Result<crate::Tensor> {
            crate::tensor::run_one(&$name {}, &[&features.into_tensor(None)?])
        }
    };
}
use activation;
