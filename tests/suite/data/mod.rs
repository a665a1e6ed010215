//! Datasets and the data that come with the library.

mod golden;
mod order;
mod threads;
