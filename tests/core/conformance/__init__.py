"""Published numbers of other billing systems, run through our core under the convention that each names."""
