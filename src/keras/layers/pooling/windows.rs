//! Pooling over windows.

use super::super::support::{DataFormat, Padding, Sizes, want_rank};
use crate::error::{Error, Result};
use crate::keras::base::{Call, Configured, Layer, configured, layer};
use crate::keras::object::Config;
use crate::ops::nn;
use crate::tensor::Tensor;
use serde_json::Value;

macro_rules! pooling {
    ($(#[$meta:meta])* $name:ident, $n:literal, $op:path) => {
        layer! {
            $(#[$meta])*
            $name() {
                /// Size of the window.
                pool_size: into Sizes<$n> = 2,
                /// Steps of the window; those of its size by default.
                strides: maybe Sizes<$n>,
                /// How the border is treated; padding never counts.
                padding: plain Padding = Padding::Valid,
                /// Where the channels stand.
                data_format: plain DataFormat = DataFormat::ChannelsLast,
            }
        }

        impl Layer for $name {
            configured!(with |s| check(stringify!($name), s.padding), config |s| with_strides(s.arguments()));

            fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
                want_rank(stringify!($name), x, $n + 2)?;
                let first = self.data_format.first_spatial();
                if self.padding == Padding::Valid && (0..$n).any(|d| x.shape()[first + d] < self.pool_size.0[d]) {
                    let wanted = format!("spatial sizes of at least the window's, {:?}", self.pool_size.0);
                    let received = format!("shape {}: the output would be empty", x.shape());
                    return Err(Error::invalid(stringify!($name), "inputs", wanted, received));
                }
                let strides = self.strides.unwrap_or(self.pool_size).ints();
                $op(x, self.pool_size.ints(), strides, self.padding.of_ops(), self.data_format.of_ops($n))
            }
        }
    };
}

fn check(class: &str, padding: Padding) -> Result<()> {
    if padding == Padding::Causal {
        return Err(Error::invalid(class, "padding", "\"valid\" or \"same\"", "\"causal\""));
    }
    Ok(())
}

/// Keras writes the strides that are used.
fn with_strides(mut config: Config) -> Config {
    if config.get("strides").is_none_or(Value::is_null) {
        let size = config.get("pool_size").cloned().unwrap_or_default();
        config.insert("strides".into(), size);
    }
    config
}

pooling! {
    /// The largest element of each window of sequences (`keras.layers.MaxPooling1D`).
    MaxPooling1D, 1, nn::max_pool1d
}

pooling! {
    /// The largest element of each window of images (`keras.layers.MaxPooling2D`).
    MaxPooling2D, 2, nn::max_pool2d
}

pooling! {
    /// The largest element of each window of volumes (`keras.layers.MaxPooling3D`).
    MaxPooling3D, 3, nn::max_pool3d
}

pooling! {
    /// The mean of each window of sequences (`keras.layers.AveragePooling1D`).
    AveragePooling1D, 1, nn::avg_pool1d
}

pooling! {
    /// The mean of each window of images (`keras.layers.AveragePooling2D`).
    AveragePooling2D, 2, nn::avg_pool2d
}

pooling! {
    /// The mean of each window of volumes (`keras.layers.AveragePooling3D`).
    AveragePooling3D, 3, nn::avg_pool3d
}
