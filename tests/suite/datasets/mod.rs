//! Data sets: files in MNIST's format, downloads, and the digits of the library.

mod digits;
mod download;
mod files;
mod idx;
