//! Declaration of cells, and of the layers that run them over a sequence, which have the cell's arguments too.

/// Declares a cell of `gates` matrices and `states` states of `units` elements, and its layer. The arguments in braces are the cell's own beside
/// those that all cells have; `@layer` declares a layer alone, of cells for inputs of other `dimensions`. The cell's file says what its `biases` of inputs and of states are, and what it does `at` a step.
macro_rules! recurrent {
    (
        gates $gates:literal, states $states:literal, separate $separate:literal;
        $(#[doc = $cdoc:literal])+
        $cell:ident;
        $(#[doc = $ldoc:literal])+
        $layer:ident;
        { $($(#[doc = $fdoc:literal])+ $f:ident: $k:ident $t:ty $(= $d:expr)?),* $(,)? }
    ) => {
        $crate::keras::layers::rnn::declare::recurrent!(@arguments [$(#[doc = $cdoc])+] $cell [
            /// Size of the states and of the output.
            units: plain usize,
        ] [$($(#[doc = $fdoc])+ $f: $k $t $(= $d)?,)*]);
        $crate::keras::layers::rnn::declare::recurrent!(@layer [$(#[doc = $ldoc])+] $layer [
            /// Size of the states and of the output.
            units: plain usize,
        ] [$($(#[doc = $fdoc])+ $f: $k $t $(= $d)?,)*]
            dimensions 3, check |s| $crate::keras::layers::support::want_positive(stringify!($layer), "units", s.units),
            cell |s| {
                let cell = $cell {
                    units: s.units,
                    activation: s.activation.clone(),
                    use_bias: s.use_bias,
                    kernel_initializer: s.kernel_initializer.clone(),
                    recurrent_initializer: s.recurrent_initializer.clone(),
                    bias_initializer: s.bias_initializer.clone(),
                    kernel_regularizer: s.kernel_regularizer.clone(),
                    recurrent_regularizer: s.recurrent_regularizer.clone(),
                    bias_regularizer: s.bias_regularizer.clone(),
                    kernel_constraint: s.kernel_constraint.clone(),
                    recurrent_constraint: s.recurrent_constraint.clone(),
                    bias_constraint: s.bias_constraint.clone(),
                    dropout: s.dropout,
                    recurrent_dropout: s.recurrent_dropout,
                    seed: s.seed,
                    $($f: s.$f.clone(),)*
                };
                $crate::keras::base::Layer::named(cell, $crate::keras::object::to_snake_case(stringify!($cell)))
            });

        impl $cell {
            /// The number of gates: parts of the last dimension of the weights.
            const GATES: usize = $gates;

            fn kernel(&self, c: &mut $crate::keras::base::Call, features: usize) -> $crate::Result<$crate::Tensor> {
                use $crate::keras::base::KernelAndBias;
                c.weight_with(self.kernel_spec("kernel", [features, self.units * Self::GATES].into()))
            }

            fn recurrent_kernel(&self, c: &mut $crate::keras::base::Call) -> $crate::Result<$crate::Tensor> {
                c.weight_with($crate::keras::base::WeightSpec::of(
                    "recurrent_kernel", [self.units, self.units * Self::GATES], &self.recurrent_initializer,
                    &self.recurrent_regularizer, &self.recurrent_constraint,
                ))
            }

            fn dropouts(&self) -> $crate::keras::layers::rnn::gates::Dropouts {
                $crate::keras::layers::rnn::gates::Dropouts {
                    inputs: self.dropout,
                    states: self.recurrent_dropout,
                    seed: self.seed,
                    // Keras drops for each gate by itself where states are dropped.
                    masks: if $separate && self.recurrent_dropout != 0.0 { Self::GATES } else { 1 },
                }
            }
        }

        impl $crate::keras::base::Layer for $cell {
            $crate::keras::base::configured!(
                with |s| $crate::keras::layers::support::want_positive(stringify!($cell), "units", s.units)
            );

            fn build(&self, c: &mut $crate::keras::base::Call, inputs: &[$crate::Shape]) -> $crate::Result<()> {
                let features = inputs.first().and_then(|s| s.last()).copied().unwrap_or(0);
                self.kernel(c, features)?;
                self.recurrent_kernel(c)?;
                self.biases(c).map(|_| ())
            }

            fn cell(&self) -> Option<&dyn $crate::keras::RnnCell> {
                Some(self)
            }
        }

        impl $crate::keras::RnnCell for $cell {
            fn state_size(&self, _: &$crate::Shape) -> Vec<$crate::Shape> {
                vec![[self.units].into(); $states]
            }

            fn constants(
                &self,
                c: &mut $crate::keras::base::Call,
                input: &$crate::Shape,
            ) -> $crate::Result<Vec<$crate::Tensor>> {
                self.dropouts().draw(c, input, &$crate::keras::base::batch_of(input, &[self.units].into()))
            }

            fn project(
                &self,
                c: &mut $crate::keras::base::Call,
                inputs: &$crate::Tensor,
                constants: &[$crate::Tensor],
            ) -> $crate::Result<$crate::Tensor> {
                let (kernel, (bias, _)) = (self.kernel(c, inputs.dim(-1)?)?, self.biases(c)?);
                let masks = self.dropouts().of_inputs(c, constants);
                $crate::keras::layers::rnn::gates::projected(inputs, masks, &kernel, bias.as_ref())
            }

            fn step(
                &self,
                c: &mut $crate::keras::base::Call,
                x: &$crate::Tensor,
                states: &[$crate::Tensor],
                constants: &[$crate::Tensor],
            ) -> $crate::Result<($crate::Tensor, Vec<$crate::Tensor>)> {
                let masks = self.dropouts().of_states(c, constants);
                let next = self.at(c, x, states, masks)?;
                Ok((next[0].clone(), next.into()))
            }
        }
    };
    (
        @layer [$($meta:tt)+] $layer:ident [$($required:tt)+] [$($own:tt)*]
        dimensions $ndim:expr, check |$s:ident| $check:expr, cell |$cs:ident| $cell:expr
    ) => {
        $crate::keras::layers::rnn::declare::recurrent!(@arguments [$($meta)+] $layer [$($required)+] [
            $($own)*
            /// Whether the output is that of all steps, `(batch, time, units)`, rather than of the last.
            return_sequences: plain bool = false,
            /// Whether the last states are outputs too.
            return_state: plain bool = false,
            /// Whether steps are taken from the last to the first; outputs are in the order of the steps.
            go_backwards: plain bool = false,
            /// Whether a call begins with the states that the call before ended with, instead of zeros.
            stateful: plain bool = false,
            /// Whether the steps are written out one by one, rather than as a loop.
            unroll: plain bool = false,
            /// Whether outputs of masked steps are zeros, rather than those of the step before.
            zero_output_for_mask: plain bool = false,
        ]);

        impl $layer {
            fn options(&self) -> $crate::keras::layers::rnn::recurrence::Options {
                $crate::keras::layers::rnn::recurrence::Options {
                    return_sequences: self.return_sequences,
                    return_state: self.return_state,
                    go_backwards: self.go_backwards,
                    stateful: self.stateful,
                    unroll: self.unroll,
                    zero_output_for_mask: self.zero_output_for_mask,
                    ndim: Some($ndim),
                }
            }
        }

        impl $crate::keras::base::Layer for $layer {
            $crate::keras::base::configured!(
                with |$s| $check
            );

            fn sublayers(&self) -> Vec<$crate::keras::AnyLayer> {
                let $cs = self;
                vec![$cell.into()]
            }

            fn call_many(
                &self,
                c: &mut $crate::keras::base::Call,
                xs: &[$crate::Tensor],
            ) -> $crate::Result<Vec<$crate::Tensor>> {
                // The cell has the layer's dtypes.
                let cell = c.held(0)?;
                if !cell.built() {
                    cell.set_dtype_policy(c.dtype_policy());
                }
                $crate::keras::layers::rnn::recurrence::run(c, &self.options(), xs)
            }

            fn takes_states(&self) -> bool {
                true
            }

            fn supports_masking(&self) -> bool {
                true
            }

            /// Set with the outputs.
            fn compute_mask(
                &self,
                _: &mut $crate::keras::base::Call,
                _: &[$crate::Tensor],
                _: Option<&$crate::Tensor>,
            ) -> $crate::Result<Option<$crate::Tensor>> {
                Ok(None)
            }
        }
    };
    (@arguments [$($meta:tt)+] $name:ident [$($required:tt)+] [$($own:tt)*]) => {
        $crate::keras::base::layer! {
            $($meta)+
            $name(
                $($required)+
            ) {
                /// Applied to what becomes state and output.
                activation: into $crate::keras::activations::Activation = "tanh",
                /// Whether there is a bias.
                use_bias: plain bool = true,
                /// First value of the recurrent kernel, which states are multiplied by.
                recurrent_initializer: into $crate::keras::InitializerArg = "orthogonal",
                /// Penalty on the recurrent kernel.
                recurrent_regularizer: maybe $crate::keras::RegularizerArg,
                /// What the recurrent kernel must satisfy.
                recurrent_constraint: maybe $crate::keras::ConstraintArg,
                /// Which part of the inputs is dropped in training: the same at all steps.
                dropout: plain f64 = 0.0,
                /// Which part of the states is dropped in training: the same at all steps.
                recurrent_dropout: plain f64 = 0.0,
                $($own)*
                /// Starts the stream of random numbers of dropout.
                seed: maybe i64,
            } weights
        }
    };
}
pub(crate) use recurrent;
