"""The engine over HTTP, in the dialects that editors and SDKs already speak."""
