//! Buffers for what arrives, made once and used again.

use gst::prelude::*;

use super::{lane::CAT, udp::LONGEST};

/// Room for one packet in each buffer.
pub(super) struct Pool(gst::BufferPool);

impl Pool {
    pub(super) fn new() -> Result<Self, glib::BoolError> {
        let pool = gst::BufferPool::new();
        let mut config = pool.config();
        config.set_params(None, LONGEST as u32, 0, 0);
        pool.set_config(config)?;
        pool.set_active(true)?;
        Ok(Self(pool))
    }

    /// A buffer with these octets, which arrived at this running time.
    pub(super) fn filled(
        &self,
        octets: &[u8],
        arrived: Option<gst::ClockTime>,
    ) -> Option<gst::Buffer> {
        let mut buffer = self.0.acquire_buffer(None).ok()?;
        let writable = buffer.get_mut()?;
        writable.copy_from_slice(0, octets).ok()?;
        writable.set_size(octets.len());
        writable.set_pts(arrived);
        writable.set_dts(arrived);
        Some(buffer)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Err(error) = self.0.set_active(false) {
            gst::warning!(CAT, "buffers are not given back: {error}");
        }
    }
}
