"""FHIR R4 (4.0.1), JSON only: records read into plain values, plain values written as resources."""
