//! Names of inputs in the order of nodes, for ops whose registered form takes some of them as attributes.

/// The inputs of a node, those that stand for any number with a star.
pub(super) fn input_names(op: &str) -> Option<&'static [&'static str]> {
    Some(match op {
        "Reshape" => &["tensor", "shape"],
        "ConcatV2" => &["values*", "axis"],
        "Concat" => &["axis", "values*"],
        "Split" => &["axis", "value"],
        "SplitV" => &["value", "size_splits", "axis"],
        "GatherV2" => &["params", "indices", "axis"],
        "Pad" | "MirrorPad" => &["input", "paddings"],
        "PadV2" => &["input", "paddings", "constant_values"],
        "Sum" | "Mean" | "Prod" | "Max" | "Min" | "All" | "Any" | "EuclideanNorm" => &["input", "axis"],
        "ArgMax" | "ArgMin" => &["input", "dimension"],
        "Cumsum" | "Cumprod" | "CumulativeLogsumexp" => &["x", "axis"],
        "OneHot" => &["indices", "depth", "on_value", "off_value"],
        "Fill" => &["dims", "value"],
        "Range" => &["start", "limit", "delta"],
        "LinSpace" => &["start", "stop", "num"],
        "Slice" => &["input", "begin", "size"],
        "StridedSlice" => &["input", "begin", "end", "strides"],
        "Tile" => &["input", "multiples"],
        "BroadcastTo" => &["input", "shape"],
        "Transpose" => &["x", "perm"],
        "ExpandDims" => &["input", "axis"],
        "TopKV2" => &["input", "k"],
        "ResizeBilinear" | "ResizeNearestNeighbor" | "ResizeBicubic" | "ResizeArea" => &["images", "size"],
        "CropAndResize" => &["image", "boxes", "box_ind", "crop_size"],
        "SpaceToBatchND" => &["input", "block_shape", "paddings"],
        "BatchToSpaceND" => &["input", "block_shape", "crops"],
        "ReverseV2" => &["tensor", "axis"],
        "Roll" => &["input", "shift", "axis"],
        "ScatterNd" => &["indices", "updates", "shape"],
        "UnsortedSegmentSum" | "UnsortedSegmentProd" | "UnsortedSegmentMax" | "UnsortedSegmentMin" => {
            &["data", "segment_ids", "num_segments"]
        }
        "MatrixDiagV3" => &["diagonal", "k", "num_rows", "num_cols", "padding_value"],
        "MatrixDiagPartV3" => &["input", "k", "padding_value"],
        "MatrixSetDiagV3" => &["input", "diagonal", "k"],
        "MatrixBandPart" => &["input", "num_lower", "num_upper"],
        "Conv2DBackpropInput" | "DepthwiseConv2dNativeBackpropInput" | "Conv3DBackpropInputV2" => {
            &["input_sizes", "filter", "out_backprop"]
        }
        "Bincount" => &["arr", "size", "weights"],
        "DenseBincount" => &["input", "size", "weights"],
        "UniqueV2" => &["x", "axis"],
        "NonMaxSuppressionV2" => &["boxes", "scores", "max_output_size", "iou_threshold"],
        "NonMaxSuppressionV3" | "NonMaxSuppressionV4" => {
            &["boxes", "scores", "max_output_size", "iou_threshold", "score_threshold"]
        }
        "NonMaxSuppressionV5" => {
            &["boxes", "scores", "max_output_size", "iou_threshold", "score_threshold", "soft_nms_sigma"]
        }
        "SparseToDense" => &["sparse_indices", "output_shape", "sparse_values", "default_value"],
        "SparseReshape" => &["input_indices", "input_shape", "new_shape"],
        "Multinomial" => &["logits", "num_samples"],
        "RandomUniform" | "RandomStandardNormal" | "TruncatedNormal" => &["shape"],
        "RandomUniformInt" => &["shape", "minval", "maxval"],
        "ImageProjectiveTransformV3" => &["images", "transforms", "output_shape", "fill_value"],
        "HistogramFixedWidth" => &["values", "value_range", "nbins"],
        _ => return None,
    })
}

/// Ops that are written under another name, and what they are.
pub(super) fn canonical(op: &str) -> &str {
    match op {
        "Conv2dTranspose" => "Conv2DBackpropInput",
        "DepthwiseConv2d" => "DepthwiseConv2dNative",
        "Reverse" => "ReverseV2",
        "FusedBatchNorm" | "FusedBatchNormV2" => "FusedBatchNormV3",
        "Concat" => "ConcatV2",
        other => other,
    }
}

/// Attributes that are called otherwise in a `GraphDef` than in `tf.raw_ops`.
pub(super) fn attr_name<'a>(op: &str, name: &'a str) -> &'a str {
    match (op, name) {
        ("Squeeze", "axis") => "squeeze_dims",
        _ => name,
    }
}
