package convert

import "github.com/pgplanner/pgplanner/internal/resource"

// maxDepth is how deeply JSON may be nested, in either form.
const maxDepth = resource.DefaultJSONDepth

func jsonLimits() resource.JSONLimits { return resource.JSONLimits{MaxDepth: maxDepth} }
