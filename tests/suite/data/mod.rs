//! Datasets and the data that come with the library.

mod fit;
mod golden;
mod model;
mod order;
mod threads;
