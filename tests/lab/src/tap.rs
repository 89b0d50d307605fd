//! One end of a line in user space: an Ethernet device whose frames this process reads and writes.

use std::{
    ffi::c_void,
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::OpenOptionsExt,
    },
};

use rustix::{
    fs::OFlags,
    ioctl::{self, Setter, opcode},
};

use crate::{error::LabError, namespace::Namespace};

/// An open TAP device. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Tap {
    file: File,
}

/// More than any frame: no offloads are switched on.
const LONGEST_FRAME: usize = 2048;

/// `struct ifreq` of Linux's `netdevice(7)`, with the part that TUNSETIFF reads.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

// From linux/if_tun.h.
const TUNSETIFF: ioctl::Opcode = opcode::write::<i32>(b'T', 202);
const IFF_TAP: u16 = 0x0002;
const IFF_NO_PI: u16 = 0x1000;

impl Tap {
    /// A new device of this name in the namespace.
    pub(crate) fn new(namespace: &Namespace, name: &str) -> Result<Self, LabError> {
        let opened = namespace.enter(|| open(name))?;
        let file = opened.map_err(LabError::io(format!(
            "making the TAP device {name} from /dev/net/tun"
        )))?;
        Ok(Self { file })
    }

    /// The next frame, if there is one.
    pub(crate) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        let mut frame = vec![0; LONGEST_FRAME];
        match (&self.file).read(&mut frame) {
            Ok(octets) => {
                frame.truncate(octets);
                Ok(Some(frame))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn write(&self, frame: &[u8]) -> io::Result<()> {
        (&self.file).write_all(frame)
    }
}

impl AsFd for Tap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn open(name: &str) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open("/dev/net/tun")?;
    let mut request = InterfaceRequest {
        name: [0; 16],
        flags: IFF_TAP | IFF_NO_PI,
        rest: [0; 22],
    };
    let octets = name.as_bytes();
    // The last octet stays 0.
    let room = request.name[..15].get_mut(..octets.len());
    room.ok_or(io::ErrorKind::InvalidInput)?
        .copy_from_slice(octets);
    // SAFETY: TUNSETIFF reads and writes a `struct ifreq`, 40 octets long, and keeps no pointer to it.
    unsafe {
        const { assert!(size_of::<InterfaceRequest>() == 40 && size_of::<*const c_void>() == 8) };
        ioctl::ioctl(&file, Setter::<TUNSETIFF, _>::new(request))?;
    }
    Ok(file)
}
