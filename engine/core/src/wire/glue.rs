//! Lists and options of domain types whose form is defined by another type.

use serde::{Deserialize, Serialize};

/// A borrowed domain value, as its form serialises it.
pub(super) struct Ref<'a, T>(pub(super) &'a T);

/// A domain value, as its form deserialises it.
pub(super) struct Own<T>(pub(super) T);

/// Says which form a domain type has.
macro_rules! forms {
    ($($domain:ty => $form:ident;)*) => {$(
        impl serde::Serialize for $crate::wire::glue::Ref<'_, $domain> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $form::serialize(self.0, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $crate::wire::glue::Own<$domain> {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                $form::deserialize(deserializer).map(Self)
            }
        }
    )*};
}
pub(super) use forms;

/// For `#[serde(with = "list")]` on a `Vec`.
pub(super) mod list {
    use serde::{Deserializer, Serializer};

    use super::{Deserialize, Own, Ref, Serialize};

    pub(in crate::wire) fn serialize<T, S: Serializer>(
        items: &[T],
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        for<'a> Ref<'a, T>: Serialize,
    {
        serializer.collect_seq(items.iter().map(Ref))
    }

    pub(in crate::wire) fn deserialize<'de, T, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<T>, D::Error>
    where
        Own<T>: Deserialize<'de>,
    {
        let items = Vec::<Own<T>>::deserialize(deserializer)?;
        Ok(items.into_iter().map(|item| item.0).collect())
    }
}

/// For `#[serde(with = "maybe")]` on an `Option`.
pub(super) mod maybe {
    use serde::{Deserializer, Serializer};

    use super::{Deserialize, Own, Ref, Serialize};

    pub(in crate::wire) fn serialize<T, S: Serializer>(
        item: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        for<'a> Ref<'a, T>: Serialize,
    {
        item.as_ref().map(Ref).serialize(serializer)
    }

    pub(in crate::wire) fn deserialize<'de, T, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error>
    where
        Own<T>: Deserialize<'de>,
    {
        Ok(Option::<Own<T>>::deserialize(deserializer)?.map(|item| item.0))
    }
}

/// Whether a field is left out.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Whether a field that is usually true is left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
pub(super) const fn is_true(value: &bool) -> bool {
    *value
}

/// The value of a field that is usually true.
pub(super) const fn yes() -> bool {
    true
}
