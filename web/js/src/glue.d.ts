/** @internal */ declare module "#glue" { const glue: unknown; export = glue; }
