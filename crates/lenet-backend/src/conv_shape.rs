//! The sizes of a convolution block.

// A build without CPU backends needs the checks, not the layouts of the CPU kernels.
#![cfg_attr(not(any(feature = "flex", feature = "ndarray")), allow(dead_code))]

/// The sizes of one convolution block: no padding, stride 1, then a max-pool of 2×2 with stride 2.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ConvShape {
    /// Channels of the input.
    pub channels: usize,
    /// Rows of the input.
    pub height: usize,
    /// Columns of the input.
    pub width: usize,
    /// Filters: channels of the output.
    pub filters: usize,
    /// Rows and columns of a filter.
    pub kernel: usize,
}

/// LeNet's first block: 1×32×32 → 6×14×14.
pub(crate) const LENET_1: ConvShape = ConvShape { channels: 1, height: 32, width: 32, filters: 6, kernel: 5 };
/// LeNet's second block: 6×14×14 → 16×5×5.
pub(crate) const LENET_2: ConvShape =
    ConvShape { channels: 6, height: 14, width: 14, filters: 16, kernel: 5 };

impl ConvShape {
    /// Whether the kernels compute this shape: no size is zero, all offsets fit their types, the filter is
    /// odd and smaller than the image, and the convolution's output has even sides.
    pub fn is_supported(&self) -> bool {
        let fits = |side: usize| side > self.kernel && (side + 1 - self.kernel).is_multiple_of(2);
        // 512 times the product is more than the bytes of any buffer, padding included: no size overflows.
        let sizes = [self.channels, self.filters, self.height, self.width];
        let countable =
            sizes.iter().try_fold(512_usize, |product, size| product.checked_mul(*size)).is_some();
        let filled = self.channels > 0 && self.filters > 0 && self.kernel % 2 == 1;
        filled && countable && fits(self.height) && fits(self.width) && self.has_short_offsets()
    }

    /// Whether 32 bits hold every offset into one image and into the packed filters: the lists of live
    /// outputs store such offsets. Call it only if [`is_supported`](Self::is_supported) has found the
    /// sizes countable.
    fn has_short_offsets(&self) -> bool {
        // `input_gradient` pads a row of K + 1 pixels to a multiple of 48 numbers, and has K + 2 rows for
        // each filter.
        let packed = self.filters * (self.kernel + 2) * ((self.kernel + 1) * self.channels + 48);
        [self.image(), packed].into_iter().all(|offset| u32::try_from(offset).is_ok())
    }

    /// Rows of the pooled output.
    #[inline(always)]
    pub fn pooled_height(&self) -> usize {
        (self.height + 1 - self.kernel) / 2
    }

    /// Columns of the pooled output.
    #[inline(always)]
    pub fn pooled_width(&self) -> usize {
        (self.width + 1 - self.kernel) / 2
    }

    /// Numbers in one input image.
    #[inline(always)]
    pub fn image(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Numbers in one pooled output.
    #[inline(always)]
    pub fn pooled(&self) -> usize {
        self.filters * self.pooled_height() * self.pooled_width()
    }

    /// Numbers in one filter.
    #[inline(always)]
    pub fn patch(&self) -> usize {
        self.channels * self.kernel * self.kernel
    }

    /// Whether vectors along a pooled row have fewer idle lanes than vectors along the filters.
    /// A property of the shape, not of the instruction set, because the order of the routes depends on it.
    #[inline(always)]
    pub(crate) fn by_columns(&self) -> bool {
        let idle = |n: usize| (n.next_multiple_of(16) - n) * 64 / n.next_multiple_of(16);
        idle(self.pooled_width()) < idle(self.filters)
    }

    /// Strides of row, column and filter in the routes of one image.
    #[inline(always)]
    pub(crate) fn route_strides(&self) -> [usize; 3] {
        if self.by_columns() {
            [self.filters * self.pooled_width(), 1, self.pooled_width()]
        } else {
            [self.filters * self.pooled_width(), self.filters, 1]
        }
    }
}
