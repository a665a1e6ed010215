//! Datasets and the data that come with the library.

mod golden;
mod model;
mod order;
mod threads;
