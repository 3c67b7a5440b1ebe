/**
 * The forms of the ONNX operators, one a line: name, version from which the form is in force,
 * number of inputs, number of outputs (`2-3`; `1+` without a limit; trailing ones may be left out
 * down to the first number), then the attributes with their types (`f` FLOAT, `i` INT, `s` STRING,
 * `t` TENSOR, `g` GRAPH, `p` SPARSE_TENSOR, `y` TYPE_PROTO, capitals for lists; `!`: required).
 * `gone` marks a version from which an operator no longer exists.
 *
 * Source: the operator schemas of ONNX 1.23. Standard forms that opset 7 already replaced are left
 * out.
 */
export const STANDARD_FORMS = `
Abs 6 1 1
Acos 7 1 1
Acosh 9 1 1
Add 7 2 1
AffineGrid 20 2 1 align_corners:i
And 7 2 1
ArgMax 1 1 1 axis:i keepdims:i
ArgMax 12 1 1 axis:i keepdims:i select_last_index:i
ArgMin 1 1 1 axis:i keepdims:i
ArgMin 12 1 1 axis:i keepdims:i select_last_index:i
Asin 7 1 1
Asinh 9 1 1
Atan 7 1 1
Atanh 9 1 1
Attention 23 3-6 1-4 is_causal:i kv_num_heads:i q_num_heads:i qk_matmul_output_mode:i scale:f softcap:f softmax_precision:i
Attention 24 3-7 1-4 is_causal:i kv_num_heads:i q_num_heads:i qk_matmul_output_mode:i scale:f softcap:f softmax_precision:i
Attention 25 3-7 1-4 is_causal:i kv_num_heads:i left_window_size:i q_num_heads:i qk_matmul_output_mode:i right_window_size:i scale:f softcap:f softmax_precision:i
AveragePool 7 1 1 auto_pad:s count_include_pad:i kernel_shape:I! pads:I strides:I
AveragePool 10 1 1 auto_pad:s ceil_mode:i count_include_pad:i kernel_shape:I! pads:I strides:I
AveragePool 19 1 1 auto_pad:s ceil_mode:i count_include_pad:i dilations:I kernel_shape:I! pads:I strides:I
BatchNormalization 7 5 1-5 epsilon:f momentum:f spatial:i
BatchNormalization 9 5 1-5 epsilon:f momentum:f
BatchNormalization 14 5 1-3 epsilon:f momentum:f training_mode:i
Bernoulli 15 1 1 dtype:i seed:f
BitCast 26 1 1 to:i!
BitShift 11 2 1 direction:s!
BitwiseAnd 18 2 1
BitwiseNot 18 1 1
BitwiseOr 18 2 1
BitwiseXor 18 2 1
BlackmanWindow 17 1 1 output_datatype:i periodic:i
Cast 6 1 1 to:i!
Cast 19 1 1 saturate:i to:i!
Cast 24 1 1 round_mode:s saturate:i to:i!
CastLike 15 2 1
CastLike 19 2 1 saturate:i
CastLike 24 2 1 round_mode:s saturate:i
CausalConvWithState 27 2-4 2 activation:s
Ceil 6 1 1
Celu 12 1 1 alpha:f
CenterCropPad 18 2 1 axes:I
Clip 6 1 1 max:f min:f
Clip 11 1-3 1
Col2Im 18 3 1 dilations:I pads:I strides:I
Compress 9 2 1 axis:i
Concat 4 1+ 1 axis:i!
ConcatFromSequence 11 1 1 axis:i! new_axis:i
Constant 1 0 1 value:t!
Constant 11 0 1 sparse_value:p value:t
Constant 12 0 1 sparse_value:p value:t value_float:f value_floats:F value_int:i value_ints:I value_string:s value_strings:S
ConstantOfShape 9 1 1 value:t
Conv 1 2-3 1 auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I
ConvInteger 10 2-4 1 auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I
ConvTranspose 1 2-3 1 auto_pad:s dilations:I group:i kernel_shape:I output_padding:I output_shape:I pads:I strides:I
Cos 7 1 1
Cosh 9 1 1
CumProd 26 2 1 exclusive:i reverse:i
CumSum 11 2 1 exclusive:i reverse:i
DFT 17 1-2 1 axis:i inverse:i onesided:i
DFT 20 1-3 1 inverse:i onesided:i
DeformConv 19 3-5 1 dilations:I group:i kernel_shape:I offset_group:i pads:I strides:I
DepthToSpace 1 1 1 blocksize:i!
DepthToSpace 11 1 1 blocksize:i! mode:s
DequantizeLinear 10 2-3 1
DequantizeLinear 13 2-3 1 axis:i
DequantizeLinear 21 2-3 1 axis:i block_size:i
DequantizeLinear 23 2-3 1 axis:i block_size:i output_dtype:i
Det 11 1 1
Div 7 2 1
Dropout 7 1 1-2 ratio:f
Dropout 12 1-3 1-2 seed:i
DynamicQuantizeLinear 11 1 3
Einsum 12 1+ 1 equation:s!
Elu 6 1 1 alpha:f
Equal 7 2 1
Erf 9 1 1
Exp 6 1 1
Expand 8 2 1
EyeLike 9 1 1 dtype:i k:i
Flatten 1 1 1 axis:i
Floor 6 1 1
GRU 7 3-6 0-2 activation_alpha:F activation_beta:F activations:S clip:f direction:s hidden_size:i linear_before_reset:i
GRU 14 3-6 0-2 activation_alpha:F activation_beta:F activations:S clip:f direction:s hidden_size:i layout:i linear_before_reset:i
Gather 1 2 1 axis:i
GatherElements 11 2 1 axis:i
GatherND 11 2 1
GatherND 12 2 1 batch_dims:i
Gelu 20 1 1 approximate:s
Gemm 7 3 1 alpha:f beta:f transA:i transB:i
Gemm 11 2-3 1 alpha:f beta:f transA:i transB:i
GlobalAveragePool 1 1 1
GlobalLpPool 2 1 1 p:i
GlobalMaxPool 1 1 1
Greater 7 2 1
GreaterOrEqual 12 2 1
GridSample 16 2 1 align_corners:i mode:s padding_mode:s
GroupNormalization 18 3 1 epsilon:f num_groups:i!
GroupNormalization 21 3 1 epsilon:f num_groups:i! stash_type:i
HammingWindow 17 1 1 output_datatype:i periodic:i
HannWindow 17 1 1 output_datatype:i periodic:i
HardSigmoid 6 1 1 alpha:f beta:f
HardSwish 14 1 1
Hardmax 1 1 1 axis:i
Identity 1 1 1
If 1 1 1+ else_branch:g! then_branch:g!
ImageDecoder 20 1 1 pixel_format:s
InstanceNormalization 6 3 1 epsilon:f
IsInf 10 1 1 detect_negative:i detect_positive:i
IsNaN 9 1 1
LRN 1 1 1 alpha:f beta:f bias:f size:i!
LSTM 7 3-8 0-3 activation_alpha:F activation_beta:F activations:S clip:f direction:s hidden_size:i input_forget:i
LSTM 14 3-8 0-3 activation_alpha:F activation_beta:F activations:S clip:f direction:s hidden_size:i input_forget:i layout:i
LayerNormalization 17 2-3 1-3 axis:i epsilon:f stash_type:i
LeakyRelu 6 1 1 alpha:f
Less 7 2 1
LessOrEqual 12 2 1
LinearAttention 27 3-6 2 chunk_size:i kv_num_heads:i! q_num_heads:i! scale:f update_rule:s
Log 6 1 1
LogSoftmax 1 1 1 axis:i
Loop 1 3+ 1+ body:g!
Loop 11 2+ 1+ body:g!
LpNormalization 1 1 1 axis:i p:i
LpPool 2 1 1 auto_pad:s kernel_shape:I! p:i pads:I strides:I
LpPool 18 1 1 auto_pad:s ceil_mode:i dilations:I kernel_shape:I! p:i pads:I strides:I
MatMul 1 2 1
MatMulInteger 10 2-4 1
Max 6 1+ 1
MaxPool 1 1 1 auto_pad:s kernel_shape:I! pads:I strides:I
MaxPool 8 1 1-2 auto_pad:s kernel_shape:I! pads:I storage_order:i strides:I
MaxPool 10 1 1-2 auto_pad:s ceil_mode:i dilations:I kernel_shape:I! pads:I storage_order:i strides:I
MaxRoiPool 1 2 1 pooled_shape:I! spatial_scale:f
MaxUnpool 9 2-3 1 kernel_shape:I! pads:I strides:I
Mean 6 1+ 1
MeanVarianceNormalization 9 1 1 axes:I
MelWeightMatrix 17 5 1 output_datatype:i
Min 6 1+ 1
Mish 18 1 1
Mod 10 2 1 fmod:i
Mul 7 2 1
Multinomial 7 1 1 dtype:i sample_size:i seed:f
Neg 6 1 1
NegativeLogLikelihoodLoss 12 2-3 1 ignore_index:i reduction:s
NonMaxSuppression 10 2-5 1 center_point_box:i
NonZero 9 1 1
Not 1 1 1
OneHot 9 3 1 axis:i
Optional 15 0-1 1 type:y
OptionalGetElement 15 1 1
OptionalHasElement 15 1 1
OptionalHasElement 18 0-1 1
Or 7 2 1
PRelu 7 2 1
Pad 2 1 1 mode:s pads:I! value:f
Pad 11 2-3 1 mode:s
Pad 18 2-4 1 mode:s
Pow 7 2 1
QLinearConv 10 8-9 1 auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I
QLinearMatMul 10 8 1
QuantizeLinear 10 2-3 1
QuantizeLinear 13 2-3 1 axis:i
QuantizeLinear 19 2-3 1 axis:i saturate:i
QuantizeLinear 21 2-3 1 axis:i block_size:i output_dtype:i saturate:i
QuantizeLinear 23 2-3 1 axis:i block_size:i output_dtype:i precision:i saturate:i
RMSNormalization 23 2 1 axis:i epsilon:f stash_type:i
RNN 7 3-6 0-2 activation_alpha:F activation_beta:F activations:S clip:f direction:s hidden_size:i
RNN 14 3-6 0-2 activation_alpha:F activation_beta:F activations:S clip:f direction:s hidden_size:i layout:i
RandomNormal 1 0 1 dtype:i mean:f scale:f seed:f shape:I!
RandomNormalLike 1 1 1 dtype:i mean:f scale:f seed:f
RandomUniform 1 0 1 dtype:i high:f low:f seed:f shape:I!
RandomUniformLike 1 1 1 dtype:i high:f low:f seed:f
Range 11 3 1
Range 27 3 1 stash_type:i
Reciprocal 6 1 1
ReduceL1 1 1 1 axes:I keepdims:i
ReduceL1 18 1-2 1 keepdims:i noop_with_empty_axes:i
ReduceL2 1 1 1 axes:I keepdims:i
ReduceL2 18 1-2 1 keepdims:i noop_with_empty_axes:i
ReduceLogSum 1 1 1 axes:I keepdims:i
ReduceLogSum 18 1-2 1 keepdims:i noop_with_empty_axes:i
ReduceLogSumExp 1 1 1 axes:I keepdims:i
ReduceLogSumExp 18 1-2 1 keepdims:i noop_with_empty_axes:i
ReduceMax 1 1 1 axes:I keepdims:i
ReduceMax 18 1-2 1 keepdims:i noop_with_empty_axes:i
ReduceMean 1 1 1 axes:I keepdims:i
ReduceMean 18 1-2 1 keepdims:i noop_with_empty_axes:i
ReduceMin 1 1 1 axes:I keepdims:i
ReduceMin 18 1-2 1 keepdims:i noop_with_empty_axes:i
ReduceProd 1 1 1 axes:I keepdims:i
ReduceProd 18 1-2 1 keepdims:i noop_with_empty_axes:i
ReduceSum 1 1 1 axes:I keepdims:i
ReduceSum 13 1-2 1 keepdims:i noop_with_empty_axes:i
ReduceSumSquare 1 1 1 axes:I keepdims:i
ReduceSumSquare 18 1-2 1 keepdims:i noop_with_empty_axes:i
RegexFullMatch 20 1 1 pattern:s
Relu 6 1 1
Reshape 5 2 1
Reshape 14 2 1 allowzero:i
Resize 10 2 1 mode:s
Resize 11 3-4 1 coordinate_transformation_mode:s cubic_coeff_a:f exclude_outside:i extrapolation_value:f mode:s nearest_mode:s
Resize 13 1-4 1 coordinate_transformation_mode:s cubic_coeff_a:f exclude_outside:i extrapolation_value:f mode:s nearest_mode:s
Resize 18 1-4 1 antialias:i axes:I coordinate_transformation_mode:s cubic_coeff_a:f exclude_outside:i extrapolation_value:f keep_aspect_ratio_policy:s mode:s nearest_mode:s
ReverseSequence 10 2 1 batch_axis:i time_axis:i
RoiAlign 10 3 1 mode:s output_height:i output_width:i sampling_ratio:i spatial_scale:f
RoiAlign 16 3 1 coordinate_transformation_mode:s mode:s output_height:i output_width:i sampling_ratio:i spatial_scale:f
RotaryEmbedding 23 3-4 1 interleaved:i num_heads:i rotary_embedding_dim:i
Round 11 1 1
STFT 17 2-4 1 onesided:i
Scan 8 2+ 1+ body:g! directions:I num_scan_inputs:i!
Scan 9 1+ 1+ body:g! num_scan_inputs:i! scan_input_axes:I scan_input_directions:I scan_output_axes:I scan_output_directions:I
Scatter 9 3 1 axis:i
Scatter 11 gone
ScatterElements 11 3 1 axis:i
ScatterElements 16 3 1 axis:i reduction:s
ScatterND 11 3 1
ScatterND 16 3 1 reduction:s
Selu 6 1 1 alpha:f gamma:f
SequenceAt 11 2 1
SequenceConstruct 11 1+ 1
SequenceEmpty 11 0 1 dtype:i
SequenceErase 11 1-2 1
SequenceInsert 11 2-3 1
SequenceLength 11 1 1
SequenceMap 17 1+ 1+ body:g!
Shape 1 1 1
Shape 15 1 1 end:i start:i
Shrink 9 1 1 bias:f lambd:f
Sigmoid 6 1 1
Sign 9 1 1
Sin 7 1 1
Sinh 9 1 1
Size 1 1 1
Slice 1 1 1 axes:I ends:I! starts:I!
Slice 10 3-5 1
Softmax 1 1 1 axis:i
SoftmaxCrossEntropyLoss 12 2-3 1-2 ignore_index:i reduction:s
Softplus 1 1 1
Softsign 1 1 1
SpaceToDepth 1 1 1 blocksize:i!
SpaceToDepth 28 1 1 blocksize:i! mode:s
Split 2 1 1+ axis:i split:I
Split 13 1-2 1+ axis:i
Split 18 1-2 1+ axis:i num_outputs:i
SplitToSequence 11 1-2 1 axis:i keepdims:i
Sqrt 6 1 1
Squeeze 1 1 1 axes:I
Squeeze 13 1-2 1
StringConcat 20 2 1
StringNormalizer 10 1 1 case_change_action:s is_case_sensitive:i locale:s stopwords:S
StringSplit 20 1 2 delimiter:s maxsplit:i
Sub 7 2 1
Sum 6 1+ 1
SwiGLU 28 2 1 alpha:f
Swish 24 1 1 alpha:f
Tan 7 1 1
Tanh 6 1 1
TensorScatter 24 2-3 1 axis:i mode:s
TfIdfVectorizer 9 1 1 max_gram_length:i! max_skip_count:i! min_gram_length:i! mode:s! ngram_counts:I! ngram_indexes:I! pool_int64s:I pool_strings:S weights:F
ThresholdedRelu 10 1 1 alpha:f
Tile 6 2 1
TopK 1 1 2 axis:i k:i!
TopK 10 2 2 axis:i
TopK 11 2 2 axis:i largest:i sorted:i
Transpose 1 1 1 perm:I
Trilu 14 1-2 1 upper:i
Unique 11 1 1-4 axis:i sorted:i
Unsqueeze 1 1 1 axes:I!
Unsqueeze 13 2 1
Upsample 7 1 1 mode:s scales:F!
Upsample 9 2 1 mode:s
Upsample 10 gone
Where 9 3 1
Xor 7 2 1`;

/** Of the domain `ai.onnx.ml`. */
export const ML_FORMS = `
ArrayFeatureExtractor 1 2 1
Binarizer 1 1 1 threshold:f
CastMap 1 1 1 cast_to:s map_form:s max_map:i
CategoryMapper 1 1 1 cats_int64s:I cats_strings:S default_int64:i default_string:s
DictVectorizer 1 1 1 int64_vocabulary:I string_vocabulary:S
FeatureVectorizer 1 1+ 1 inputdimensions:I
Imputer 1 1 1 imputed_value_floats:F imputed_value_int64s:I replaced_value_float:f replaced_value_int64:i
LabelEncoder 1 1 1 classes_strings:S default_int64:i default_string:s
LabelEncoder 2 1 1 default_float:f default_int64:i default_string:s keys_floats:F keys_int64s:I keys_strings:S values_floats:F values_int64s:I values_strings:S
LabelEncoder 4 1 1 default_float:f default_int64:i default_string:s default_tensor:t keys_floats:F keys_int64s:I keys_strings:S keys_tensor:t values_floats:F values_int64s:I values_strings:S values_tensor:t
LinearClassifier 1 1 2 classlabels_ints:I classlabels_strings:S coefficients:F! intercepts:F multi_class:i post_transform:s
LinearRegressor 1 1 1 coefficients:F intercepts:F post_transform:s targets:i
Normalizer 1 1 1 norm:s
OneHotEncoder 1 1 1 cats_int64s:I cats_strings:S zeros:i
SVMClassifier 1 1 2 classlabels_ints:I classlabels_strings:S coefficients:F kernel_params:F kernel_type:s post_transform:s prob_a:F prob_b:F rho:F support_vectors:F vectors_per_class:I
SVMRegressor 1 1 1 coefficients:F kernel_params:F kernel_type:s n_supports:i one_class:i post_transform:s rho:F support_vectors:F
Scaler 1 1 1 offset:F scale:F
TreeEnsemble 5 1 1 aggregate_function:i leaf_targetids:I! leaf_weights:t! membership_values:t n_targets:i nodes_falseleafs:I! nodes_falsenodeids:I! nodes_featureids:I! nodes_hitrates:t nodes_missing_value_tracks_true:I nodes_modes:t! nodes_splits:t! nodes_trueleafs:I! nodes_truenodeids:I! post_transform:i tree_roots:I!
TreeEnsembleClassifier 1 1 2 base_values:F class_ids:I class_nodeids:I class_treeids:I class_weights:F classlabels_int64s:I classlabels_strings:S nodes_falsenodeids:I nodes_featureids:I nodes_hitrates:F nodes_missing_value_tracks_true:I nodes_modes:S nodes_nodeids:I nodes_treeids:I nodes_truenodeids:I nodes_values:F post_transform:s
TreeEnsembleClassifier 3 1 2 base_values:F base_values_as_tensor:t class_ids:I class_nodeids:I class_treeids:I class_weights:F class_weights_as_tensor:t classlabels_int64s:I classlabels_strings:S nodes_falsenodeids:I nodes_featureids:I nodes_hitrates:F nodes_hitrates_as_tensor:t nodes_missing_value_tracks_true:I nodes_modes:S nodes_nodeids:I nodes_treeids:I nodes_truenodeids:I nodes_values:F nodes_values_as_tensor:t post_transform:s
TreeEnsembleClassifier 5 gone
TreeEnsembleRegressor 1 1 1 aggregate_function:s base_values:F n_targets:i nodes_falsenodeids:I nodes_featureids:I nodes_hitrates:F nodes_missing_value_tracks_true:I nodes_modes:S nodes_nodeids:I nodes_treeids:I nodes_truenodeids:I nodes_values:F post_transform:s target_ids:I target_nodeids:I target_treeids:I target_weights:F
TreeEnsembleRegressor 3 1 1 aggregate_function:s base_values:F base_values_as_tensor:t n_targets:i nodes_falsenodeids:I nodes_featureids:I nodes_hitrates:F nodes_hitrates_as_tensor:t nodes_missing_value_tracks_true:I nodes_modes:S nodes_nodeids:I nodes_treeids:I nodes_truenodeids:I nodes_values:F nodes_values_as_tensor:t post_transform:s target_ids:I target_nodeids:I target_treeids:I target_weights:F target_weights_as_tensor:t
TreeEnsembleRegressor 5 gone
ZipMap 1 1 1 classlabels_int64s:I classlabels_strings:S`;
