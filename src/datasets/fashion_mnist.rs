//! Fashion-MNIST: pictures of clothes in MNIST's format (Zalando SE; licence MIT).

use super::source::{File, Source};
use super::{Split, idx};
use crate::error::Result;
use std::path::Path;

const SOURCE: Source = Source {
    name: "fashion-mnist",
    mirrors: &[
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ],
    files: &[
        File {
            name: "train-images-idx3-ubyte.gz",
            bytes: 26_421_880,
            sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        },
        File {
            name: "train-labels-idx1-ubyte.gz",
            bytes: 29_515,
            sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        },
        File {
            name: "t10k-images-idx3-ubyte.gz",
            bytes: 4_422_102,
            sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        },
        File {
            name: "t10k-labels-idx1-ubyte.gz",
            bytes: 5_148,
            sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
    ],
};

/// Fashion-MNIST (`keras.datasets.fashion_mnist.load_data`): as [`mnist::load_data`](super::mnist::load_data) with the classes T-shirt,
/// trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot.
///
/// # Errors
/// As [`mnist::load_data`](super::mnist::load_data).
pub fn load_data(path: Option<&Path>) -> Result<Split> {
    match path {
        Some(folder) => idx::load_data(folder, 10),
        None => idx::load_data(SOURCE.folder()?, 10),
    }
}
