//! Declaration of losses.

/// Declares a loss: its own arguments beside those that all have, and its function of labels and predictions of one rank.
macro_rules! loss {
    (
        $(#[doc = $doc:literal])+
        $name:ident, $default:literal
        { $($(#[doc = $fdoc:literal])+ $f:ident: $t:ty = $d:expr),* $(,)? }
        { $($(#[doc = $odoc:literal])+ $o:ident: $ot:ty),* $(,)? }
        |$s:ident, $y_true:ident, $y_pred:ident| $call:expr
        $(, mask |$m:ident, $mt:ident, $mp:ident| $mask:expr)?
    ) => {
        $crate::keras::object::class! {
            $(#[doc = $doc])+
            #[derive(Clone)]
            $name () {
                $($(#[doc = $fdoc])+ $f: $t = $d,)*
                /// How the losses of samples are put together.
                reduction: $crate::keras::losses::Reduction = $crate::keras::losses::Reduction::SumOverBatchSize,
                /// Its name.
                name: String = $default,
                /// The dtype that labels and predictions are converted to.
                dtype: $crate::DType = $crate::DType::Float32,
            } {
                $($(#[doc = $odoc])+ $o: $ot,)*
            } []
        }

        impl $crate::keras::losses::Loss for $name {
            fn name(&self) -> &str {
                &self.name
            }

            fn call(&self, y_true: &$crate::Tensor, y_pred: &$crate::Tensor) -> $crate::Result<$crate::Tensor> {
                let ($y_true, $y_pred) =
                    $crate::keras::losses::squeeze_or_expand_to_same_rank(y_true, y_pred, true)?;
                let $s = self;
                let _ = $s;
                $call
            }

            fn reduction(&self) -> $crate::keras::losses::Reduction {
                self.reduction
            }

            fn dtype(&self) -> $crate::DType {
                self.dtype
            }

            $(fn mask(&self, $mt: &$crate::Tensor, $mp: &$crate::Tensor) -> $crate::Result<Option<$crate::Tensor>> {
                let $m = self;
                $mask
            })?

            fn config(&self) -> $crate::keras::object::Config {
                self.arguments()
            }
        }
    };
}
pub(super) use loss;
