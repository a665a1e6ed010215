//! MobileNetV2.

use crate::error::{Error, Result};
use crate::keras::activations::Activation;
use crate::keras::base::{KerasTensor, Layer};
use crate::keras::layers::{
    Add, BatchNormalization, Conv2D, Dense, DepthwiseConv2D, GlobalAveragePooling2D, GlobalMaxPooling2D,
    Padding, ReLU, ZeroPadding2D, input,
};
use crate::keras::models::Model;
use crate::shape::PartialShape;

const OP: &str = "keras.applications.MobileNetV2";

/// Rows, columns and channels of images, where nothing else is said.
const IMAGE: [usize; 3] = [224, 224, 3];

/// Fewest rows and columns that five halvings leave something of.
const LEAST: usize = 32;

/// Width, stride and expansion of the blocks.
const BLOCKS: [(usize, usize, usize); 17] = [
    (16, 1, 1),
    (24, 2, 6),
    (24, 1, 6),
    (32, 2, 6),
    (32, 1, 6),
    (32, 1, 6),
    (64, 2, 6),
    (64, 1, 6),
    (64, 1, 6),
    (64, 1, 6),
    (96, 1, 6),
    (96, 1, 6),
    (96, 1, 6),
    (160, 2, 6),
    (160, 1, 6),
    (160, 1, 6),
    (320, 1, 6),
];

/// MobileNetV2 for images with values from -1 to 1 (`keras.applications.MobileNetV2`): inverted residual blocks with depthwise
/// convolutions. Layers, their names and their order are Keras'.
///
/// Weights are those of the initializers, as with `weights=None`; [`Model::load_weights`] sets others.
///
/// ```
/// use wgflow::keras::applications::MobileNetV2;
/// let model = MobileNetV2::new().input_shape([96, 96, 3]).alpha(0.35).classes(10).model()?;
/// assert_eq!(model.name(), "mobilenetv2_0.35_96");
/// assert_eq!(model.count_params()?, 423_018);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MobileNetV2 {
    input_shape: Option<PartialShape>,
    alpha: f64,
    include_top: bool,
    pooling: Option<String>,
    classes: usize,
    classifier_activation: Activation,
    name: Option<String>,
}

impl Default for MobileNetV2 {
    fn default() -> Self {
        MobileNetV2 {
            input_shape: None,
            alpha: 1.0,
            include_top: true,
            pooling: None,
            classes: 1000,
            classifier_activation: "softmax".into(),
            name: None,
        }
    }
}

impl MobileNetV2 {
    /// Keras' defaults: 224x224 images of 3 channels, 1000 classes, `alpha` 1.
    pub fn new() -> Self {
        Self::default()
    }

    /// Rows, columns and channels of images. Without the top, rows and columns may be unknown.
    #[must_use]
    pub fn input_shape(mut self, shape: impl Into<PartialShape>) -> Self {
        self.input_shape = Some(shape.into());
        self
    }

    /// By how much all widths are multiplied, 1 by default.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// Whether the pooling and the classifier at the end are part of the model.
    #[must_use]
    pub fn include_top(mut self, include_top: bool) -> Self {
        self.include_top = include_top;
        self
    }

    /// Without the top: `"avg"` or `"max"` over rows and columns; by default neither.
    #[must_use]
    pub fn pooling(mut self, pooling: impl Into<String>) -> Self {
        self.pooling = Some(pooling.into());
        self
    }

    /// Number of classes, 1000 by default.
    #[must_use]
    pub fn classes(mut self, classes: usize) -> Self {
        self.classes = classes;
        self
    }

    /// The activation of the classifier, `"softmax"` by default; `"linear"` gives logits.
    #[must_use]
    pub fn classifier_activation(mut self, activation: impl Into<Activation>) -> Self {
        self.classifier_activation = activation.into();
        self
    }

    /// The name of the model, by default `mobilenetv2_`, `alpha`, and the number of rows.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The model.
    ///
    /// # Errors
    /// `InvalidArgument` for an input shape that is not of three dimensions, of fewer than 32 rows or columns, or with unknown sizes under
    /// the top; for `alpha` that is not positive; for another `pooling`; for no classes.
    pub fn model(self) -> Result<Model> {
        let shape = self.shape()?;
        let rows = shape.first().copied().flatten();
        let image = input(shape);
        let x = Conv2D::new(divisible(32.0 * self.alpha), 3)
            .strides(2)
            .padding(Padding::Same)
            .use_bias(false)
            .named("Conv1")
            .apply(&image)?;
        let x = normalised(&x, "bn_Conv1")?;
        let mut x = relu6(&x, "Conv1_relu")?;
        for (number, block) in BLOCKS.iter().enumerate() {
            x = self.inverted_residual(&x, number, *block)?;
        }
        let last = if self.alpha > 1.0 { divisible(1280.0 * self.alpha) } else { 1280 };
        let x = Conv2D::new(last, 1).use_bias(false).named("Conv_1").apply(&x)?;
        let x = relu6(&normalised(&x, "Conv_1_bn")?, "out_relu")?;
        let x = self.top(x)?;
        let rows = rows.map_or("None".to_string(), |r| r.to_string());
        let name = self.name.unwrap_or_else(|| format!("mobilenetv2_{:.2}_{rows}", self.alpha));
        Model::functional_named(name, &image, &x)
    }

    /// The shape of images, checked as Keras does.
    fn shape(&self) -> Result<PartialShape> {
        if self.alpha.is_nan() || self.alpha <= 0.0 {
            return Err(Error::invalid(OP, "alpha", "a number above 0", self.alpha));
        }
        let default = || {
            let sizes = IMAGE.iter().enumerate();
            sizes.map(|(d, n)| Some(*n).filter(|_| self.include_top || d == 2)).collect()
        };
        let shape: PartialShape = self.input_shape.clone().unwrap_or_else(default);
        let refuse = |wanted: &str| Err(Error::invalid(OP, "input_shape", wanted, &shape));
        let [rows, columns, channels] = shape.0[..] else {
            return refuse("three sizes: rows, columns, channels");
        };
        if [rows, columns].iter().any(|n| n.is_some_and(|n| n < LEAST)) {
            return refuse("at least 32 rows and columns");
        }
        if channels.is_none_or(|c| c == 0) {
            return refuse("a number of channels above 0");
        }
        if self.include_top && [rows, columns].contains(&None) {
            return refuse("known sizes, since include_top is true");
        }
        if channels.is_some_and(|c| c != 1 && c != 3) {
            log::warn!("{OP}: usually there are 1 or 3 input channels; input_shape is {shape}");
        }
        Ok(shape)
    }

    fn top(&self, x: KerasTensor) -> Result<KerasTensor> {
        if self.include_top {
            if self.classes == 0 {
                return Err(Error::invalid(OP, "classes", "a number above 0", self.classes));
            }
            let x = GlobalAveragePooling2D::new().node().apply(&x)?;
            let classifier = Dense::new(self.classes).activation(self.classifier_activation.clone());
            return classifier.named("predictions").apply(&x);
        }
        match self.pooling.as_deref() {
            None => Ok(x),
            Some("avg") => GlobalAveragePooling2D::new().node().apply(&x),
            Some("max") => GlobalMaxPooling2D::new().node().apply(&x),
            Some(other) => {
                Err(Error::invalid(OP, "pooling", "\"avg\" or \"max\"", format_args!("{other:?}")))
            }
        }
    }

    /// Widens, convolves each channel by itself, narrows; where the shape stays, the input is added.
    fn inverted_residual(
        &self,
        inputs: &KerasTensor,
        number: usize,
        (filters, stride, expansion): (usize, usize, usize),
    ) -> Result<KerasTensor> {
        let channels = inputs.shape().last().copied().flatten().unwrap_or(0);
        let narrow = divisible((filters as f64 * self.alpha).floor());
        let mut x = inputs.clone();
        let mut prefix = "expanded_conv_".to_string();
        if number > 0 {
            prefix = format!("block_{number}_");
            x = pointwise(&x, expansion * channels, &format!("{prefix}expand"))?;
            x = normalised(&x, &format!("{prefix}expand_BN"))?;
            x = relu6(&x, &format!("{prefix}expand_relu"))?;
        }
        let mut depthwise = DepthwiseConv2D::new(3).strides(stride).use_bias(false);
        if stride == 1 {
            depthwise = depthwise.padding(Padding::Same);
        } else {
            x = ZeroPadding2D::new().padding(margins(&x)).named(format!("{prefix}pad")).apply(&x)?;
        }
        x = depthwise.named(format!("{prefix}depthwise")).apply(&x)?;
        x = normalised(&x, &format!("{prefix}depthwise_BN"))?;
        x = relu6(&x, &format!("{prefix}depthwise_relu"))?;
        x = pointwise(&x, narrow, &format!("{prefix}project"))?;
        x = normalised(&x, &format!("{prefix}project_BN"))?;
        if channels == narrow && stride == 1 {
            x = Add::new().named(format!("{prefix}add")).apply([inputs, &x])?;
        }
        Ok(x)
    }
}

fn pointwise(x: &KerasTensor, filters: usize, name: &str) -> Result<KerasTensor> {
    Conv2D::new(filters, 1).padding(Padding::Same).use_bias(false).named(name).apply(x)
}

fn normalised(x: &KerasTensor, name: &str) -> Result<KerasTensor> {
    BatchNormalization::new().epsilon(1e-3).momentum(0.999).named(name).apply(x)
}

fn relu6(x: &KerasTensor, name: &str) -> Result<KerasTensor> {
    ReLU::new().max_value(6.0).named(name).apply(x)
}

/// Zeros around images so that a 3x3 kernel with stride 2 sees what it would see with padding "same" of odd sizes.
fn margins(x: &KerasTensor) -> [[usize; 2]; 2] {
    [1, 2].map(|d| [x.shape().get(d).copied().flatten().map_or(0, |n| n % 2), 1])
}

/// The nearest multiple of 8 that is not under nine tenths of `v`.
fn divisible(v: f64) -> usize {
    let near = (((v + 4.0) / 8.0).floor() * 8.0).max(8.0);
    (if near < 0.9 * v { near + 8.0 } else { near }) as usize
}
