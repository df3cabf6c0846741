//! What a WebAssembly module asks of its host: the import section of the binary format
//! (WebAssembly core specification, 5.5.5).

/// The imports of a module, each as `module.name`.
pub(crate) fn imports(module: &[u8]) -> Result<Vec<String>, String> {
    const IMPORT_SECTION: u8 = 2;
    let mut reader = Reader(module);
    if reader.take(8)? != b"\0asm\x01\0\0\0" {
        return Err("this is no WebAssembly module of version 1".to_owned());
    }
    while !reader.0.is_empty() {
        let id = reader.byte()?;
        let size = reader.number()?;
        let section = reader.take(size)?;
        if id == IMPORT_SECTION {
            return Reader(section).import_list();
        }
    }
    Ok(Vec::new())
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn import_list(mut self) -> Result<Vec<String>, String> {
        let count = self.number()?;
        (0..count).map(|_| self.import()).collect()
    }

    fn import(&mut self) -> Result<String, String> {
        let (module, name) = (self.name()?, self.name()?);
        match self.byte()? {
            // A function, by the index of its type.
            0 => drop(self.number()?),
            // A table: what it holds, and its limits.
            1 => {
                self.byte()?;
                self.limits()?;
            }
            2 => self.limits()?,
            // A global: its type, and whether it changes.
            3 => drop(self.take(2)?),
            // A tag: its kind, and the index of its type.
            4 => {
                self.byte()?;
                self.number()?;
            }
            other => {
                return Err(format!("import {module}.{name} has the unknown kind {other}"));
            }
        }
        Ok(format!("{module}.{name}"))
    }

    fn limits(&mut self) -> Result<(), String> {
        let has_maximum = self.byte()? & 1 == 1;
        self.number()?;
        if has_maximum {
            self.number()?;
        }
        Ok(())
    }

    fn name(&mut self) -> Result<&'a str, String> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).map_err(|e| format!("an import's name: {e}"))
    }

    /// An unsigned number in groups of seven bits, the lowest first.
    fn number(&mut self) -> Result<usize, String> {
        let mut number = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(number).map_err(|e| format!("a number: {e}"));
            }
        }
        Err("a number has over five bytes".to_owned())
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or("the module ends too soon")?;
        self.0 = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"\0asm\x01\0\0\0";

    fn module(sections: &[&[u8]]) -> Vec<u8> {
        [&[HEAD], sections].concat().concat()
    }

    #[test]
    fn every_kind_of_import_is_named() {
        let list = b"\x05\x03env\x03now\x00\x80\x01\x01a\x01t\x01\x70\x01\x00\x05\x01b\x01m\x02\x00\x10\x01c\x01g\x03\x7f\x00\x01d\x01e\x04\x00\x00";
        let section = [&[2, list.len() as u8], &list[..]].concat();
        let found = imports(&module(&[b"\x01\x01\x00", &section])).unwrap();
        assert_eq!(found, ["env.now", "a.t", "b.m", "c.g", "d.e"]);
    }

    #[test]
    fn a_module_without_the_section_has_none() {
        assert!(imports(&module(&[b"\x01\x01\x00", b"\x03\x02\x01\x00"])).unwrap().is_empty());
    }

    #[test]
    fn broken_modules_are_refused() {
        assert!(imports(b"no module").is_err());
        assert!(imports(&module(&[b"\x02\x7f\x01"])).is_err(), "ends too soon");
        assert!(imports(&module(&[b"\x02\x06\x01\x01a\x01b\x09"])).is_err(), "unknown kind");
        assert!(imports(&module(&[b"\x02\xff\xff\xff\xff\xff\x01"])).is_err(), "endless number");
    }
}
