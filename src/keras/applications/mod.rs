//! Models that are known by name (`keras.applications`).

mod mobilenet_v2;

pub use mobilenet_v2::MobileNetV2;
