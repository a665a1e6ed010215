//! A layer at every time step.

use crate::error::{Error, Result};
use crate::keras::base::{
    AnyLayer, Call, Configured, Layer, deserialize_layer, is_built_in, serialize_layer,
};
use crate::keras::object::Config;
use crate::ops::array;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A layer applied to every time step (`keras.layers.TimeDistributed`).
///
/// Input `(batch, time, ..)`, output `(batch, time, ..)` of the layer's outputs. A layer that treats samples one by one gets all steps in one call;
/// any other is called step by step.
///
/// ```
/// use wgflow::keras::{Layer, layers::{Dense, TimeDistributed}};
/// use wgflow::{DType, ones};
/// let layer = TimeDistributed::new(Dense::new(4)).node();
/// assert_eq!(layer.call(&ones([2, 5, 3], DType::Float32)?, false)?.shape().to_string(), "(2, 5, 4)");
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TimeDistributed {
    layer: AnyLayer,
}

const CLASS: &str = "TimeDistributed";

impl TimeDistributed {
    /// A layer at every time step.
    pub fn new(layer: impl Into<AnyLayer>) -> Self {
        TimeDistributed { layer: layer.into() }
    }

    /// Whether samples do not depend on each other, nor on calls before.
    fn treats_samples_alone(&self) -> bool {
        self.layer.flattened().iter().all(|l| {
            let class = l.class_name();
            let state = l.layer().config().is_ok_and(|c| c.get("stateful").is_some_and(|s| s == true));
            is_built_in(class)
                && class != "BatchNormalization"
                && l.activity_regularizer().is_none()
                && !state
        })
    }
}

impl Configured for TimeDistributed {
    const CLASS: &'static str = CLASS;

    fn arguments(&self) -> Config {
        Config::new()
    }

    fn from_arguments(config: &Config) -> Result<Self> {
        match (config.get("layer"), config.keys().find(|k| *k != "layer")) {
            (Some(layer), None) => Ok(Self::new(deserialize_layer(layer)?)),
            (None, _) => Err(Error::invalid(CLASS, "layer", "a layer", "nothing")),
            (_, Some(other)) => {
                Err(Error::invalid(CLASS, "config", "the argument layer", format_args!("{other:?}")))
            }
        }
    }

    fn check_arguments(&self) -> Result<()> {
        self.layer.layer().validate()
    }
}

impl Layer for TimeDistributed {
    fn class_name(&self) -> &'static str {
        CLASS
    }

    fn config(&self) -> Result<Config> {
        Ok([("layer".to_string(), serialize_layer(&self.layer)?)].into_iter().collect())
    }

    fn validate(&self) -> Result<()> {
        self.check_arguments()
    }

    fn sublayers(&self) -> Vec<AnyLayer> {
        vec![self.layer.clone()]
    }

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        if x.rank() < 3 {
            return Err(Error::invalid(
                CLASS,
                "inputs",
                "at least 3 dimensions",
                format_args!("shape {}", x.shape()),
            ));
        }
        let (batch, steps) = (x.shape()[0], x.shape()[1]);
        let mask = c.mask(x);
        if let Some(m) = &mask
            && m.shape().get(..2) != Some(&[batch, steps][..])
        {
            let wanted = format!("a mask that begins with ({batch}, {steps})");
            return Err(Error::invalid(CLASS, "mask", wanted, format_args!("shape {}", m.shape())));
        }
        // A mask of steps says nothing about what is in them.
        let mask = mask.filter(|m| m.rank() > 2);
        if c.is_sketch() || self.treats_samples_alone() {
            let merged = |t: &Tensor| -> Result<Tensor> {
                let shape: Shape =
                    std::iter::once(batch * steps).chain(t.shape()[2..].iter().copied()).collect();
                array::reshape(t, &shape)
            };
            let flat = merged(x)?;
            if let Some(m) = &mask {
                c.set_mask(&flat, merged(m)?);
            }
            let y = c.run(&self.layer, &flat)?;
            let shape: Shape = [batch, steps].into_iter().chain(y.shape()[1..].iter().copied()).collect();
            return array::reshape(y, &shape);
        }
        let masks = mask.map(|m| array::unstack(m, 1)).transpose()?;
        let mut all = vec![];
        for (t, x) in array::unstack(x, 1)?.iter().enumerate() {
            if let Some(m) = masks.as_ref().and_then(|m| m.get(t)) {
                c.set_mask(x, m.clone());
            }
            all.push(c.run(&self.layer, x)?);
        }
        array::stack(&all, 1)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
