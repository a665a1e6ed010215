//! Declaration of optimizers.

/// Declares an optimizer: the defaults of its learning rate and weight decay, its own arguments, and what it does with a gradient.
macro_rules! optimizer {
    (
        $(#[doc = $doc:literal])+
        $name:ident, $rate:literal, $decay:expr,
        { $($(#[doc = $fdoc:literal])+ $f:ident: $t:ty = $d:expr),* $(,)? }
        impl { $($body:tt)* }
    ) => {
        $crate::keras::object::class! {
            $(#[doc = $doc])+
            $name () {
                /// The learning rate: a number or a schedule.
                learning_rate: $crate::keras::optimizers::LearningRate = $rate,
                $($(#[doc = $fdoc])+ $f: $t = $d,)*
                /// What part of a variable, times the learning rate, is taken from it at each update.
                weight_decay: Option<f64> = $decay,
                /// Whether moving averages of variables are kept.
                use_ema: bool = false,
                /// How much of a moving average stays at each update.
                ema_momentum: f64 = 0.99,
            } {
                /// The name; by default that of the class in small letters, with a number where there are several.
                name: String,
                /// The largest norm that the gradient of a variable may have; larger ones are scaled.
                clipnorm: f64,
                /// The largest magnitude that an element of a gradient may have.
                clipvalue: f64,
                /// The largest norm that all gradients together may have; larger ones are scaled.
                global_clipnorm: f64,
                /// After how many updates variables are set to their moving averages.
                ema_overwrite_frequency: i64,
                /// The factor of the loss that gradients are divided by.
                loss_scale_factor: f64,
                /// Over how many steps gradients are averaged before they are used.
                gradient_accumulation_steps: i64,
            } [state: $crate::keras::optimizers::OptimizerState = $crate::keras::optimizers::OptimizerState::default()]
        }

        impl $crate::keras::optimizers::Optimizer for $name {
            fn options(&self) -> $crate::keras::optimizers::Options {
                $crate::keras::optimizers::Options {
                    name: self.name.clone(),
                    learning_rate: self.learning_rate.clone(),
                    weight_decay: self.weight_decay,
                    clipnorm: self.clipnorm,
                    clipvalue: self.clipvalue,
                    global_clipnorm: self.global_clipnorm,
                    use_ema: self.use_ema,
                    ema_momentum: self.ema_momentum,
                    ema_overwrite_frequency: self.ema_overwrite_frequency,
                    loss_scale_factor: self.loss_scale_factor,
                    gradient_accumulation_steps: self.gradient_accumulation_steps,
                }
            }

            fn state(&self) -> &$crate::keras::optimizers::OptimizerState {
                &self.state
            }

            fn config(&self) -> $crate::keras::object::Config {
                $crate::keras::optimizers::with_current(self, self.arguments())
            }

            $($body)*
        }
    };
}
pub(super) use optimizer;

/// Lists optimizers for the registry. What cannot be right is refused when they are made.
macro_rules! optimizers {
    ($($name:ident),+) => {
        &[$($crate::keras::object::Class {
            name: stringify!($name),
            aliases: &[],
            make: |c| {
                let made = $name::from_config(c)?;
                $crate::keras::optimizers::check(&made)?;
                Ok(std::sync::Arc::new(made))
            },
        }),+]
    };
}
pub(super) use optimizers;
